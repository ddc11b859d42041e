import { decodeEvent } from '@penstock/events';
import {
  committedOffsets,
  listOffsets,
  readRange,
  type Cluster,
  type CommittedOffset,
} from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { DedupWindow } from './dedup-window.ts';
import type { LaneStart } from './partition-lane.ts';
import { readPositionMetadata } from './position-metadata.ts';
import { decodeSeen } from './seen-record.ts';
import { startingPosition, type Halt } from './starting-position.ts';

export interface TakeOverOptions {
  readonly cluster: Cluster;
  readonly log: Log;
  readonly group: string;
  readonly member: { readonly memberId: string; readonly epoch: number };
  readonly topics: { readonly raw: string; readonly seen: string };
  /** All topics that events may be routed to. */
  readonly cleanTopics: readonly string[];
  readonly windowMs: number;
  readonly idsMax: number;
}

export interface TakenOver {
  readonly kind: 'lane';
  readonly start: LaneStart;
  /** Nothing was ever committed: commit `start.offset` in a transaction of its own before reading. */
  readonly isFirst: boolean;
  readonly rebuiltIds: number;
  readonly rebuildMs: number;
}

/**
 * Takes partition p over from whoever had it. The order is the whole point; the caller has done step 1.
 *
 * 1. InitProducerId of this thread (when it opened its session, before it joined the group): what a dead owner of the
 *    same id left open is decided to be aborted.
 * 2. The committed offset, with require_stable: a transaction of another owner that holds offsets is waited for.
 * 3. The ends of seen-p and clean-p, **read_uncommitted**. What step 2 covers lies below them.
 * 4. Both read read_committed until there. A transaction's markers are written to each partition on its own: the offset may be
 *    stable while output that it covers is still invisible (1 of 200 commits, without any fault). A window built, or
 *    a last record read, before that would miss it: the window would let a duplicate through.
 * 5. Only then raw is fetched, by the caller.
 *
 * @param needsChoice the partition was halted for what this evidence cannot show: stays so until an operator has chosen.
 *
 * If this process dies anywhere in here, nothing was written: the next owner does the same.
 *
 * Rejects with a retryable KafkaError when Kafka does not answer in time, and with the signal's reason.
 */
export async function takeOverPartition(
  partition: number,
  o: TakeOverOptions,
  needsChoice: Halt | undefined,
  signal: AbortSignal,
): Promise<TakenOver | Halt> {
  const { cluster, topics } = o;
  const committed = await committedOffset(partition, o, signal); // 2
  const metadata = readPositionMetadata(committed?.metadata ?? null);
  if (needsChoice !== undefined && !metadata.chosen) return needsChoice;
  const raw = await cluster.topic(topics.raw);
  const rawStart = await offsetOf(cluster, topics.raw, partition, 'earliest', signal);
  const rawEnd = await offsetOf(cluster, topics.raw, partition, 'latest', signal);
  const seenEnd = await offsetOf(cluster, topics.seen, partition, 'latest', signal); // 3
  let cleanWritten = false;
  let proven: bigint | null = null;
  for (const topic of o.cleanTopics) {
    const end = await offsetOf(cluster, topic, partition, 'latest', signal); // 3
    if (end === 0n) continue;
    cleanWritten = true;
    const last = await lastRawOffset(o, topic, partition, end, signal); // 4
    if (last !== null && (proven === null || last + 1n > proven)) proven = last + 1n;
  }
  const decided = startingPosition({
    committed: committed?.offset ?? null,
    chosen: metadata.chosen,
    committedTopicId: metadata.topicId,
    rawTopicId: raw.id,
    rawStart,
    rawEnd,
    cleanWritten,
    proven,
  });
  if (decided.kind === 'halt') return decided;

  const began = performance.now();
  const window = new DedupWindow({ windowMs: o.windowMs, idsMax: o.idsMax });
  const rebuilt = await rebuildWindow(window, partition, seenEnd, metadata.streamTimeMs, o, signal); // 4
  return {
    kind: 'lane',
    isFirst: decided.kind === 'first-start',
    start: {
      partition,
      topicId: raw.id,
      offset: decided.offset,
      leaderEpoch: committed?.leaderEpoch ?? -1,
      streamTimeMs: Math.max(metadata.streamTimeMs, rebuilt.streamTimeMs),
      window,
    },
    rebuiltIds: rebuilt.ids,
    rebuildMs: performance.now() - began,
  };
}

async function committedOffset(
  partition: number,
  { cluster, group, member, topics }: TakeOverOptions,
  signal: AbortSignal,
): Promise<CommittedOffset | null> {
  const found = await committedOffsets(cluster, {
    groupId: group,
    memberId: member.memberId,
    memberEpoch: () => member.epoch,
    partitions: [{ topic: topics.raw, partition }],
    signal,
  });
  return [...found.values()][0] ?? null;
}

async function offsetOf(
  cluster: Cluster,
  topic: string,
  partition: number,
  at: 'earliest' | 'latest' | { timestampMs: number },
  signal: AbortSignal,
): Promise<bigint> {
  const found = await listOffsets(cluster, topic, [partition], at, 'read_uncommitted', { signal });
  return found.get(partition)!.offset;
}

/**
 * origin.offset of the last committed event below `end`: what it was made from is certainly filtered. Looks further and
 * further back, since the end of a log may be markers and aborted batches only. null: no record is left.
 */
async function lastRawOffset(
  o: TakeOverOptions,
  topic: string,
  partition: number,
  end: bigint,
  signal: AbortSignal,
): Promise<bigint | null> {
  const start = await offsetOf(o.cluster, topic, partition, 'earliest', signal);
  for (let back = 16n; ; back *= 32n) {
    const from = end - back > start ? end - back : start;
    let last: Uint8Array | null = null;
    await readRange(
      o.cluster,
      topic,
      partition,
      from,
      end,
      'read_committed',
      (record) => {
        if (record.value !== null) last = Buffer.from(record.value);
      },
      { signal },
    );
    if (last !== null) return rawOffsetOf(last, o, topic, partition);
    if (from === start) return null;
  }
}

function rawOffsetOf(
  encoded: Uint8Array,
  o: TakeOverOptions,
  topic: string,
  partition: number,
): bigint | null {
  try {
    const { origin } = decodeEvent(encoded);
    if (origin.topic === o.topics.raw && origin.partition === partition) return BigInt(origin.offset);
    o.log.warn(
      { topic, partition, origin: origin.topic },
      'the last event of clean came from another raw topic',
    );
  } catch (error) {
    o.log.warn(
      { topic, partition, error },
      'the last record of clean is not an event that this version can read',
    );
  }
  return null;
}

/** @param streamTimeMs where the window was when the offset was committed; 0 reads all there is. */
async function rebuildWindow(
  window: DedupWindow,
  partition: number,
  end: bigint,
  streamTimeMs: number,
  o: TakeOverOptions,
  signal: AbortSignal,
): Promise<{ ids: number; streamTimeMs: number }> {
  const { cluster, topics } = o;
  // Two windows back, because that is how long the oldest generation may live.
  const since = Math.max(0, streamTimeMs - 2 * o.windowMs);
  const at = streamTimeMs === 0 ? 'earliest' : { timestampMs: since };
  const listed = await offsetOf(cluster, topics.seen, partition, at, signal);
  const from = listed < 0n ? end : listed; // -1: everything is older
  let ids = 0;
  let newestMs = 0;
  await readRange(
    cluster,
    topics.seen,
    partition,
    from,
    end,
    'read_committed',
    (record) => {
      const seen = record.value === null ? undefined : decodeSeen(record.value);
      if (seen === undefined) {
        o.log.warn(
          { partition, offset: String(record.offset) },
          'a record of events.seen cannot be read; skipped',
        );
        return;
      }
      window.restore(seen.keys, record.timestampMs);
      ids += seen.keys.length / 24;
      newestMs = Math.max(newestMs, record.timestampMs);
    },
    { signal },
  );
  return { ids, streamTimeMs: newestMs };
}
