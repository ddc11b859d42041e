import { setImmediate as nextTurn } from 'node:timers/promises';
import { keyBytes, type DedupWindow } from '../dedup/dedup-window.ts';
import { decodeSeen, seenTimeOf } from '../dedup/seen-record.ts';
import { ageMs } from '../dedup/window-time.ts';
import type { FilterGroup } from '../position/filter-group.ts';
import { firstRecord, lastRecord, offsetOf, recordsBetween } from '../position/log-records.ts';

/** How long restoring holds the event loop at a time: the other partitions of the thread go on between. */
const turnMs = 5;
/** The beginning of the window is not looked for any closer than this. */
const closeEnough = 64n;

export interface Rebuilt {
  readonly ids: number;
  /** Highest stream time in events.seen; 0 when it holds no record. */
  readonly streamMs: number;
}

/**
 * Fills the window of a partition with the ids that its owners before have written to events.seen: those of
 * the last window, whichever clock is asked. What is older by both clocks is not read.
 *
 * @param end of seen-p, read_uncommitted. Everything below is waited for.
 */
export async function rebuildWindow(
  window: DedupWindow,
  partition: number,
  end: bigint,
  group: FilterGroup,
  signal: AbortSignal,
): Promise<Rebuilt> {
  const from = await windowStart(window.windowMs, partition, end, group, signal);
  let ids = 0;
  let streamMs = 0;
  let turnEndsAt = performance.now() + turnMs;
  const { cluster, topics } = group;
  for await (const record of recordsBetween(cluster, topics.seen, partition, from, end, signal)) {
    const seen = record.value === null ? undefined : decodeSeen(record.value);
    if (seen === undefined) {
      const offset = String(record.offset);
      cluster.log.warn({ partition, offset }, 'a record of events.seen cannot be read; skipped');
      continue;
    }
    const time = seenTimeOf(record);
    window.restore(seen.keys, time);
    ids += seen.keys.length / keyBytes;
    streamMs = Math.max(streamMs, time.streamMs);
    if (performance.now() < turnEndsAt) continue;
    await nextTurn();
    turnEndsAt = performance.now() + turnMs;
  }
  return { ids, streamMs };
}

/**
 * An offset of events.seen before which every record is older than the window. Records are written in the
 * order of real time, so this holds as soon as the record at that offset is old by both clocks, because one
 * of them is right.
 */
async function windowStart(
  windowMs: number,
  partition: number,
  end: bigint,
  { cluster, topics }: FilterGroup,
  signal: AbortSignal,
): Promise<bigint> {
  const { seen: topic } = topics;
  const start = await offsetOf(cluster, topic, partition, 'earliest', signal);
  const last = await lastRecord(cluster, topic, partition, end, signal);
  if (last === null) return end;
  const newest = seenTimeOf(last);
  const isOld = async (offset: bigint, below: bigint): Promise<boolean> => {
    const record = await firstRecord(cluster, topic, partition, offset, below, signal);
    return record !== null && ageMs(seenTimeOf(record), newest) >= windowMs;
  };
  let needed = end;
  let old = start;
  for (let back = closeEnough; end - back > start; back *= 2n) {
    if (await isOld(end - back, needed)) {
      old = end - back;
      break;
    }
    needed = end - back;
  }
  while (needed - old > closeEnough) {
    const middle = (old + needed) / 2n;
    if (await isOld(middle, needed)) old = middle;
    else needed = middle;
  }
  return old;
}
