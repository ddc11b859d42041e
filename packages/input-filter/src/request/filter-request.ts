import {
  anonymiseIp,
  contentHash,
  dedupKey,
  encodeEvent,
  refuse,
  type Event,
  type IpPrivacy,
  type Pipeline,
  type RequestItem,
} from '@penstock/events';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import { EventKey } from '../dedup/event-key.ts';
import type { GeoLookup } from '../geo/geo-lookup.ts';
import { inflate } from './inflate.ts';
import { OriginalBytes, type Original } from './original-bytes.ts';
import type { Poison } from './poison.ts';
import { headerTexts, readRawRequest, type RawRecord, type RawRequest } from './raw-request.ts';
import type { Rejection } from './rejected-record.ts';

/** What the middle of the filter works with; all of it belongs to one thread. */
export interface FilterTools {
  readonly pipeline: Pipeline;
  readonly geo: GeoLookup;
  readonly ipPrivacy: IpPrivacy;
  /** Of a body when inflated. */
  readonly bodyBytesMax: number;
  /** The raw topic, as it appears in origin and in events.rejected. */
  readonly rawTopic: string;
}

/** Takes the outcomes of one raw record, in the order of its events: exactly one call for each. */
export interface OutcomeSink {
  clean(event: Event, encoded: Buffer, index: number): void;
  /**
   * @param index undefined when the whole request is rejected, as one event.
   * @param bytes the original ones; `inflated` when they are not as the raw record stores them. May be a view of it.
   */
  rejected(
    rejection: Rejection & { unwanted: boolean; fixes: readonly string[] },
    bytes: Uint8Array,
    index: number | undefined,
    inflated: boolean,
  ): void;
  /** `sample` gives the original bytes of a conflict; call it only for those that are kept. */
  duplicate(event: Event, index: number, sample: (() => Original) | undefined): void;
}

/**
 * inflate -> split -> parse, fix, upgrade, validate (packages/events) -> GeoIP -> anonymise -> encode -> de-duplicate, for
 * one raw record. Pure but for the window, which it marks provisionally. A request of n events gives exactly n
 * outcomes; one that cannot be split gives one. Nothing that a client sent makes it throw: what would is that event's rejection.
 */
export function filterRequest(
  record: RawRecord,
  partition: number,
  tools: FilterTools,
  window: DedupWindow,
  poison: Poison,
  sink: OutcomeSink,
): void {
  const whole = (rejection: Rejection) =>
    sink.rejected({ ...rejection, unwanted: false, fixes: [] }, record.value ?? nothing, undefined, false);

  const request = readRawRequest(record, headerTexts(record), tools.rawTopic, partition);
  if (request.kind === 'rejected') return whole(request);
  const inflated = inflate(request.body, request.contentEncoding, tools.bodyBytesMax);
  if (inflated.kind === 'rejected') return whole(inflated);

  // The same for all events of a request, so once.
  const place = {
    geo: tools.geo.find(request.clientIp),
    ip: anonymiseIp(request.clientIp ?? null, tools.ipPrivacy),
  };
  const originals = new OriginalBytes(request.body, inflated.bytes);
  const context = { request, originals, place, record, tools, window, poison, sink };
  // Lazily: one event at a time is in memory, and each step is bounded whatever the bytes are.
  for (const step of tools.pipeline.splitSteps(inflated.bytes, request.hint, request.contentType)) {
    if (step.kind === 'refused') return whole(step.refusal);
    if (step.kind !== 'working') filterItem(step, context);
  }
}

const nothing = new Uint8Array(0);

interface ItemContext {
  readonly request: RawRequest;
  readonly originals: OriginalBytes;
  readonly place: { geo: Event['geo']; ip: string | null };
  readonly record: RawRecord;
  readonly tools: FilterTools;
  readonly window: DedupWindow;
  readonly poison: Poison;
  readonly sink: OutcomeSink;
}

function filterItem(item: RequestItem, c: ItemContext): void {
  const { index } = item;
  const outcome = c.tools.pipeline.process(item, c.request.context);
  const reject = (rejection: Rejection, unwanted: boolean, fixes: readonly string[]) => {
    const { bytes, inflated, note } = c.originals.of(item.span);
    const detail = rejection.detail + note;
    c.sink.rejected({ ...rejection, detail, unwanted, fixes }, bytes, index, inflated);
  };
  if (outcome.kind !== 'clean') return reject(outcome, outcome.kind === 'unwanted', outcome.fixes);
  const { event } = outcome;

  // Kafka refused this very event in an earlier try of the same transaction.
  const refused = c.poison.reasonFor(c.record.offset, index);
  if (refused !== undefined) return reject(refuse('not-written', refused), false, event.fixes);

  event.net.ip = c.place.ip;
  event.geo = c.place.geo;
  let encoded: Buffer;
  try {
    encoded = encodeEvent(event);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return reject(refuse('encode-failed', why), false, event.fixes);
  }

  // Encoded first: the content hash is read from the encoded event. Duplicates are few, their encoding is wasted.
  key.set(dedupKey(event.tenant, event.event_id), contentHash(encoded));
  const sighting = c.window.mark(key.words);
  if (sighting === 'new') return c.sink.clean(event, encoded, index);
  const sample = sighting === 'conflict' ? () => c.originals.of(item.span) : undefined;
  c.sink.duplicate(event, index, sample);
}

/** Reused for every event of the thread: the window copies it. */
const key = new EventKey();
