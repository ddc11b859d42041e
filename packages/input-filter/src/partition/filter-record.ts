import { rawHeaders } from '@penstock/events';
import type { FilterTopics } from '../topics.ts';
import { receivedAheadMark, type ClockFinding, type ReceiverClocks } from './receiver-clocks.ts';
import { filterRequest, wholeRejected, type FilteredEvent } from '../request/filter-request.ts';
import { inflate, type Inflated } from '../request/inflate.ts';
import type { LargeBodies } from '../request/large-bodies.ts';
import { OriginalBytes } from '../request/original-bytes.ts';
import { headerTexts, readRawRequest, type RawRecord, type RawRequest } from '../request/raw-request.ts';
import type { FilterTools } from '../request/filter-request.ts';
import type { OutcomeSource } from './outcome-writer.ts';

/** The end of a piece of work of bounded cost. A promise is to be awaited before the next piece. */
export type Piece = Promise<void> | undefined;

/** What filtering a record needs of what a thread's partitions share. */
export interface RecordTools {
  readonly topics: FilterTopics;
  readonly filter: FilterTools;
  readonly largeBodies: LargeBodies;
  readonly clocks: ReceiverClocks;
}

/** One raw record, filtered: its events in order, and what their outcomes need to know about it. */
export interface FilteredRecord {
  readonly events: readonly FilteredEvent[];
  readonly source: OutcomeSource;
}

/**
 * Filters one raw record, in pieces. Writes and marks nothing, so it may be given up between any two pieces:
 * end it with `return`, which frees the place of a large body.
 *
 * @param streamMs the highest received_at of the partition so far.
 * @param use called with the result, as the last piece. The memory of a large body counts until that has
 *   ended too.
 */
export function* filterRecord(
  record: RawRecord,
  partition: number,
  streamMs: number,
  { topics, filter, largeBodies, clocks }: RecordTools,
  use: (filtered: FilteredRecord) => Generator<Piece>,
): Generator<Piece> {
  const headers = headerTexts(record);
  const stored = record.value ?? nothing;
  const source = (body: Uint8Array): OutcomeSource => ({
    topic: topics.raw,
    partition,
    offset: record.offset,
    // A copy: a view would keep the whole answer of the broker until the batch is sent.
    key: record.key === null ? null : Buffer.from(record.key),
    timestampMs: record.timestampMs,
    headers,
    originals: new OriginalBytes(stored, body),
    ...(headers.has(rawHeaders.replays) && { cleanMs: record.timestampMs }),
  });

  const request = readRawRequest(record, headers, topics.raw, partition);
  if (request.kind === 'rejected')
    return yield* use({ events: [wholeRejected(request)], source: source(stored) });
  const marks = headers.has(rawHeaders.replays) // replayed: its time is meant to be old
    ? none
    : marksOf(clocks.judge(record.timestampMs, streamMs, headers.get(rawHeaders.receiver)));
  const inflated = inflate(request.body, request.contentEncoding, filter.bodyBytesMax);
  if (inflated.kind === 'rejected')
    return yield* use({ events: [wholeRejected(inflated)], source: source(stored) });
  if (inflated.kind === 'body') {
    const events = yield* eventsOf(request, inflated, marks, filter);
    return yield* use({ events, source: source(inflated.bytes) });
  }

  const turn = largeBodies.enter();
  try {
    yield turn;
    let large: Inflated | undefined;
    yield inflated.inflate().then((done) => void (large = done));
    if (large === undefined) throw new Error('a piece was worked on before the one it waits for had ended');
    const events = yield* eventsOf(request, large, marks, filter);
    yield* use({ events, source: source(large.kind === 'body' ? large.bytes : stored) });
  } finally {
    // If the record is given up while it waits for its turn, the turn still comes and has to end.
    void turn.then(() => largeBodies.leave());
  }
}

function* eventsOf(
  request: RawRequest,
  inflated: Inflated,
  marks: readonly string[],
  filter: FilterTools,
): Generator<Piece, readonly FilteredEvent[]> {
  if (inflated.kind === 'rejected') return [wholeRejected(inflated)];
  const events: FilteredEvent[] = [];
  const stepsPerPiece = inflated.bytes.length <= smallBytes ? 16 : 1;
  let steps = 0;
  for (const event of filterRequest(request, inflated.bytes, marks, filter)) {
    if (event !== undefined) events.push(event);
    if (++steps % stepsPerPiece === 0) yield;
  }
  return events;
}

/**
 * Steps of a body of at most so many bytes are taken together, 16 at a time: a piece of at most 3 ms on a
 * busy core. The end of a piece passes through all generators and costs 0.3 us.
 */
const smallBytes = 32 * 1024;
const nothing = new Uint8Array(0);
const none: readonly string[] = [];

/** Nobody knows which clock is right, so the times of the event stay as they are, marked among its fixes. */
function marksOf(finding: ClockFinding | undefined): readonly string[] {
  return finding === 'ahead' ? [receivedAheadMark] : none;
}
