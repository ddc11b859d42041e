import type { Cluster, PositionProblem } from '@penstock/kafka';
import { keyBytes, type DedupWindow } from '../dedup/dedup-window.ts';
import { decodeSeen, seenTimeOf } from '../dedup/seen-record.ts';
import { ageMs, type WindowTime } from '../dedup/window-time.ts';
import type { FilterGroup } from '../position/filter-group.ts';
import { LogReader, seenInflatedBytesMax } from '../position/log-reader.ts';
import { offsetOf } from '../position/log-records.ts';
import { isAccepted } from '../position/position-metadata.ts';
import { UnreadableError } from '../position/unreadable-batch.ts';
import { windowStart } from './window-start.ts';

/** How long restoring holds the event loop at a time. */
const turnMs = 5;

export interface Rebuilt {
  readonly ids: number;
  /** Read of events.seen for it, as in Kafka, the search for the beginning included. */
  readonly bytes: number;
  /** Highest stream time in events.seen; 0 when it holds no record. */
  readonly streamMs: number;
  /** Where in events.seen the window begins. */
  readonly from: bigint;
}

/** What is known of seen-p before it is read. */
export interface SeenEnd {
  readonly partition: number;
  /** End of seen-p, read_uncommitted. Everything below is waited for. */
  readonly end: bigint;
  /** Of the last record below it that can be read; null when there is none. */
  readonly last: WindowTime | null;
  /** What cannot be read below this offset is skipped; null: nothing is. */
  readonly acceptedBelow: bigint | null;
}

/**
 * Fills the window of a partition with the ids that its owners before have written to events.seen: those of
 * the last window, whichever clock is asked. What is older by both clocks is not read.
 *
 * @param turn settles when it may hold the event loop for a while: the others of the thread go on between.
 *
 * Throws UnreadableError for a batch inside the window that nobody can read, unless that was accepted.
 */
export async function rebuildWindow(
  window: DedupWindow,
  { partition, end, last, acceptedBelow }: SeenEnd,
  { cluster, topics: { seen: topic } }: FilterGroup,
  turn: () => Promise<void>,
  signal: AbortSignal,
): Promise<Rebuilt> {
  const beginning = await beginningOf({ partition, end, last }, window.windowMs, cluster, topic, signal);
  let ids = 0;
  let streamMs = 0;
  const skips = (problem: PositionProblem): boolean => {
    const isSkipped = isAccepted(problem, acceptedBelow);
    if (isSkipped)
      cluster.log.warn(
        { partition, detail: problem.detail },
        'a batch of events.seen cannot be read and was accepted: its ids are unknown',
      );
    return isSkipped;
  };
  using reader = new LogReader(
    cluster,
    { topic, partition, skips, inflatedBytesMax: seenInflatedBytesMax },
    signal,
  );
  let turnEndsAt = 0;
  for await (const record of reader.between(beginning.offset, end)) {
    if (performance.now() >= turnEndsAt) {
      await turn();
      turnEndsAt = performance.now() + turnMs;
    }
    const seen = record.value === null ? undefined : decodeSeen(record.value);
    if (seen === undefined) {
      const offset = String(record.offset);
      cluster.log.warn({ partition, offset }, 'a record of events.seen cannot be read; skipped');
      continue;
    }
    const time = seenTimeOf(record);
    streamMs = Math.max(streamMs, time.streamMs);
    if (last !== null && ageMs(time, last) >= window.windowMs) continue; // of the few before the beginning
    window.restore(seen.keys, time);
    ids += seen.keys.length / keyBytes;
  }
  return { ids, bytes: beginning.bytes + reader.bytes, streamMs, from: beginning.offset };
}

/**
 * Whether a rebuild would stop, for tools that only look: restores nothing, and does not read what was
 * accepted.
 *
 * @returns the first batch inside the window that nobody can read.
 */
export async function unreadableInWindow(
  { acceptedBelow, ...seen }: SeenEnd,
  windowMs: number,
  { cluster, topics: { seen: topic } }: FilterGroup,
  signal: AbortSignal,
): Promise<PositionProblem | undefined> {
  const { partition, end } = seen;
  const { offset } = await beginningOf(seen, windowMs, cluster, topic, signal);
  const from = acceptedBelow !== null && acceptedBelow > offset ? acceptedBelow : offset;
  using reader = new LogReader(cluster, { topic, partition, inflatedBytesMax: seenInflatedBytesMax }, signal);
  try {
    for await (const record of reader.between(from, end)) void record;
  } catch (error) {
    if (error instanceof UnreadableError) return error.problem;
    throw error;
  }
  return undefined;
}

/** Where no record can be read, all that is left is looked at: was each batch accepted? */
async function beginningOf(
  { partition, end, last }: Omit<SeenEnd, 'acceptedBelow'>,
  windowMs: number,
  cluster: Cluster,
  topic: string,
  signal: AbortSignal,
): Promise<{ offset: bigint; bytes: number }> {
  const start = await offsetOf({ cluster, topic, partition }, 'earliest', signal);
  if (last === null) return { offset: start, bytes: 0 };
  return windowStart(windowMs, { topic, partition, start, end, last }, cluster, signal);
}
