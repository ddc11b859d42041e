import {
  anonymiseIp,
  refuse,
  type AddedByFilter,
  type IpPrivacy,
  type Pipeline,
  type Span,
  type RequestContext,
  type RequestItem,
} from '@penstock/events';
import type { GeoLookup } from '../geo/geo-lookup.ts';
import type { RawRequest } from './raw-request.ts';
import type { Rejection } from './rejected-record.ts';

/** What the middle of the filter works with. All of it belongs to one thread. */
export interface FilterTools {
  readonly pipeline: Pipeline;
  /** Replaced when a database changes. */
  geo: GeoLookup;
  readonly ipPrivacy: IpPrivacy;
  /** Of a body when inflated. */
  readonly bodyBytesMax: number;
}

/** What became of one event of a request, or of a whole request that cannot be split. */
export type FilteredEvent = EncodedEvent | StoppedEvent;

export interface EncodedEvent {
  readonly kind: 'encoded';
  readonly index: number;
  /** Where its bytes lie in the request's body. */
  readonly span: Span;
  readonly tenant: string;
  readonly receivedAtMs: number;
  readonly fixes: readonly string[];
  /** The record. Shares its memory with others: it is copied into its batch soon. */
  readonly encoded: Buffer;
  /** See `contentHash`. */
  readonly contentEnd: number | undefined;
}

export interface StoppedEvent {
  /** Both go to events.rejected; nobody is alarmed about an unwanted one. */
  readonly kind: 'rejected' | 'unwanted';
  /** undefined: the whole request, as one event. */
  readonly index: number | undefined;
  /** undefined: the whole request as the raw record stores it. */
  readonly span: Span | undefined;
  readonly rejection: Rejection;
  readonly fixes: readonly string[];
}

/**
 * split -> parse, fix, upgrade, validate (packages/events) -> GeoIP -> anonymise -> encode, for one request
 * whose body is inflated. A request of n events gives exactly n results, in order; one that cannot be split
 * gives one. Nothing that a client sent makes it throw: whatever would is that event's rejection.
 *
 * @param marks to be listed among the fixes of each event.
 *
 * Each step is bounded, whatever the bytes are, and undefined when it has no result yet. The caller may stop
 * between any two and go on later.
 */
export function* filterRequest(
  request: RawRequest,
  body: Uint8Array,
  marks: readonly string[],
  tools: FilterTools,
): Generator<FilteredEvent | undefined> {
  // The same for all events of a request, so only once.
  const added: AddedByFilter = {
    geo: tools.geo.find(request.clientIp),
    ip: anonymiseIp(request.clientIp ?? null, tools.ipPrivacy),
    marks,
  };
  const { onlyIndex, context, hint, contentType } = request;
  const { pipeline } = tools;
  let found = false;
  let refusal: Rejection | undefined;
  for (const step of pipeline.splitSteps(body, hint, contentType, pipeline.fastWay(context, added))) {
    if (step.kind === 'working') yield undefined;
    else if (step.kind === 'refused' && onlyIndex === undefined) yield wholeRejected(step.refusal);
    else if (step.kind === 'refused') refusal ??= step.refusal;
    else if (onlyIndex === undefined || step.index === onlyIndex) {
      found = true;
      if (step.kind === 'encoded') {
        const { index, span, record } = step;
        yield encodedEvent(index, span, record, marks, context);
      } else yield filterItem(step, context, added, pipeline);
    } else yield undefined; // replayed: the other events of the request had their outcomes before
  }
  if (onlyIndex === undefined || found) return;
  yield wholeRejected(refusal ?? refuse('empty-request', `there is no event at position ${onlyIndex}`));
}

/** The request cannot be read: one rejection for all that it may have held. */
export function wholeRejected(rejection: Rejection): StoppedEvent {
  return { kind: 'rejected', index: undefined, span: undefined, rejection, fixes: [] };
}

function filterItem(
  item: RequestItem,
  context: RequestContext,
  added: AddedByFilter,
  pipeline: Pipeline,
): FilteredEvent {
  const { index, span } = item;
  const outcome = pipeline.process(item, context);
  if (outcome.kind !== 'clean')
    return { kind: outcome.kind, index, span, rejection: outcome, fixes: outcome.fixes };
  const { event } = outcome;
  event.net.ip = added.ip;
  event.geo = added.geo;
  event.fixes.push(...added.marks);
  try {
    const encoded = pipeline.encode(event, outcome.own);
    return encodedEvent(index, span, { encoded, contentEnd: undefined }, event.fixes, context);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const rejection = refuse('encode-failed', why);
    return { kind: 'rejected', index, span, rejection, fixes: event.fixes };
  }
}

function encodedEvent(
  index: number,
  span: Span,
  { encoded, contentEnd }: Pick<EncodedEvent, 'encoded' | 'contentEnd'>,
  fixes: readonly string[],
  { tenant, receivedAtMs }: RequestContext,
): EncodedEvent {
  return { kind: 'encoded', index, span, tenant, receivedAtMs, fixes, encoded, contentEnd };
}
