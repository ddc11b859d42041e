import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createEventDecoder,
  rawHeaders,
  readFormatHint,
  type IpPrivacy,
  type Pipeline,
} from '@penstock/events';
import { postProblem, type PostAnswer, type PostPage, type PostRequest } from '@penstock/service';
import type { GeoFile } from '../geo/geo-file.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import {
  filterRequest,
  wholeRejected,
  type FilteredEvent,
  type FilterTools,
} from '../request/filter-request.ts';
import { inflate } from '../request/inflate.ts';
import { headerTexts, readRawRequest, type RawRecord } from '../request/raw-request.ts';
import { wallClockMs } from '../wall-clock.ts';
import { resultOf, type ValidatedEvent } from './validated-event.ts';

const bodyBytesMax = 64 * 1024;
/** Events that are shown. All are judged and counted. */
const resultsMax = 500;
/** Bodies that are judged at the same time, a piece of one after a piece of the other. */
const atOnceMax = 4;
/** The longest stretch of work between two turns of the event loop, one step more. */
const stretchMs = 5;

/** What `POST /validate` needs of the filter's configuration. */
export interface ValidatorConfig {
  readonly ipPrivacy: IpPrivacy;
  readonly topics: { readonly clean: string };
}

/**
 * `POST /validate`: what the filter makes of a body, by the very code and rules that filter raw records.
 * Nothing is stored, nothing is de-duplicated, and no metric counts it.
 *
 * It runs in the main thread, which filters nothing: the worker threads do not wait for it. It works in
 * pieces, so that probes and scrapes do not wait either. A body of 64 KiB takes a few milliseconds.
 */
export class Validator implements PostPage {
  readonly bodyBytesMax = bodyBytesMax;
  readonly #tools: FilterTools;
  readonly #topicOf: (eventType: string) => string;
  readonly #decode: ReturnType<typeof createEventDecoder>;
  #running = 0;

  constructor(pipeline: Pipeline, { ipPrivacy, topics }: ValidatorConfig) {
    const { routes, schemaFields = [] } = pipeline.catalogue;
    this.#tools = { pipeline, geo: lookupIn([]), ipPrivacy, bodyBytesMax };
    this.#topicOf = (eventType) => (Object.hasOwn(routes, eventType) ? routes[eventType]! : topics.clean);
    this.#decode = createEventDecoder(schemaFields);
  }

  useGeo(files: readonly GeoFile[]): void {
    this.#tools.geo = lookupIn(files);
  }

  async answer(asked: PostRequest): Promise<PostAnswer> {
    const hint = asked.query.get('format');
    if (hint !== null && readFormatHint(hint) === null) {
      return postProblem(400, `format is the number of a format, e.g. 4, not '${hint.slice(0, 20)}'`);
    }
    if (this.#running >= atOnceMax) {
      return postProblem(503, `${atOnceMax} bodies are being judged: ask again`, { 'retry-after': '1' });
    }
    this.#running += 1;
    try {
      return await this.#judge(rawRecordOf(asked, hint));
    } finally {
      this.#running -= 1;
    }
  }

  async #judge(record: RawRecord): Promise<PostAnswer> {
    const request = readRawRequest(record, headerTexts(record), 'validate', 0);
    if (request.kind === 'rejected') return this.#answerOf([wholeRejected(request)]);
    const small = inflate(request.body, request.contentEncoding, bodyBytesMax);
    const inflated = small.kind === 'large' ? await small.inflate() : small;
    if (inflated.kind === 'rejected') {
      // The filter itself takes larger ones, so that this would be no true outcome.
      if (inflated.reason === 'inflated-too-large') {
        return postProblem(413, `the body may have ${bodyBytesMax} bytes when it is inflated`);
      }
      return this.#answerOf([wholeRejected(inflated)]);
    }
    return this.#answerOf(filterRequest(request, inflated.bytes, [], this.#tools));
  }

  /** `events` has undefined where a piece of work is done without an outcome. */
  async #answerOf(events: Iterable<FilteredEvent | undefined>): Promise<PostAnswer> {
    const outcomes = { accepted: 0, rejected: 0, unwanted: 0 };
    const shown: string[] = [];
    let count = 0;
    let began = performance.now();
    for (const event of events) {
      if (event !== undefined) {
        count += 1;
        outcomes[event.kind === 'encoded' ? 'accepted' : event.kind] += 1;
        if (shown.length < resultsMax) shown.push(JSON.stringify(this.#resultOf(event)));
      }
      if (performance.now() - began < stretchMs) continue;
      await nextTurn();
      began = performance.now();
    }
    const counts = JSON.stringify({ events: count, outcomes, left_out: count - shown.length });
    return { status: 200, body: `${counts.slice(0, -1)},"results":[\n${shown.join(',\n')}\n]}\n` };
  }

  #resultOf(event: FilteredEvent): ValidatedEvent {
    return resultOf(event, this.#decode, this.#topicOf);
  }
}

function lookupIn(files: readonly GeoFile[]): GeoLookup {
  return new GeoLookup(files, { add: () => undefined });
}

/** As a Receiver would have stored it, received now. */
function rawRecordOf({ headers, query, body }: PostRequest, hint: string | null): RawRecord {
  const timestampMs = wallClockMs();
  const one = (name: string) => [headers[name]].flat()[0];
  const named = {
    [rawHeaders.requestId]: randomUUID(),
    [rawHeaders.receivedAt]: String(timestampMs),
    [rawHeaders.dc]: 'validate',
    [rawHeaders.receiver]: 'validate',
    [rawHeaders.formatHint]: hint ?? undefined,
    [rawHeaders.tenant]: query.get('tenant') ?? undefined,
    [rawHeaders.clientIp]: query.get('client_ip') ?? undefined,
    [rawHeaders.contentType]: one('content-type'),
    [rawHeaders.contentEncoding]: one('content-encoding'),
    [rawHeaders.userAgent]: one('user-agent'),
    [rawHeaders.sentAt]: one('x-sent-at'),
    [rawHeaders.attempt]: one('x-attempt'),
  };
  const texts = Object.entries(named).flatMap(([name, text]): [string, Buffer][] =>
    text === undefined ? [] : [[name, Buffer.from(text)]],
  );
  return { offset: 0n, timestampMs, key: null, value: body, headers: () => texts };
}
