import { decodeEvent } from '@penstock/events';
import { listOffsets, readRange, type Cluster } from '@penstock/kafka';
import { decodeSeen } from '../dedup/seen-record.ts';
import { committedPositions, type FilterGroup } from './filter-group.ts';
import { readPositionMetadata, type PositionMetadata } from './position-metadata.ts';
import type { PositionEvidence } from './starting-position.ts';

export interface Evidence {
  readonly position: PositionEvidence;
  readonly metadata: PositionMetadata;
  /** Leader epoch of the last record that was filtered; -1 when unknown. */
  readonly leaderEpoch: number;
  /** End of seen-p, read_uncommitted: whatever the committed offset covers lies below it. */
  readonly seenEnd: bigint;
}

/**
 * Collects what Kafka says about one partition: steps 2 to 4 of `takeOverPartition`, in that order, without
 * the window. Waits for open transactions: those of other owners (the offset must be stable), and those below
 * the ends of seen and clean.
 */
export async function collectEvidence(
  partition: number,
  group: FilterGroup,
  signal: AbortSignal,
): Promise<Evidence> {
  const { cluster, topics } = group;
  const committed = (await committedPositions(group, [partition], signal)).get(partition); // 2
  const metadata = readPositionMetadata(committed?.metadata ?? null);
  const raw = await cluster.topic(topics.raw, { refresh: true });
  const at = (topic: string, where: 'earliest' | 'latest') =>
    offsetOf(cluster, topic, partition, where, signal);
  const [rawStart, rawEnd, seenEnd, ...cleanEnds] = await Promise.all([
    at(topics.raw, 'earliest'),
    at(topics.raw, 'latest'),
    at(topics.seen, 'latest'), // 3
    ...topics.clean.map((topic) => at(topic, 'latest')), // 3
  ]);
  const [seen, ...cleans] = await Promise.all([
    lastRecord(cluster, topics.seen, partition, seenEnd, signal), // 4
    ...cleanEnds.map((end, n) => lastRecord(cluster, topics.clean[n]!, partition, end, signal)), // 4
  ]);
  const position: PositionEvidence = {
    committed: committed?.offset ?? null,
    chosen: metadata.chosen,
    committedTopicId: metadata.topicId,
    rawTopicId: raw.id,
    rawStart,
    rawEnd,
    written: [seenEnd, ...cleanEnds].some((end) => end > 0n),
    // seen has a record of every transaction, but not for long; clean is kept for days.
    proven:
      (seen && decodeSeen(seen)?.to) ??
      highest(cleans.map((last) => last && nextRawOffset(last, partition, group))),
  };
  return { position, metadata, leaderEpoch: committed?.leaderEpoch ?? -1, seenEnd };
}

export async function offsetOf(
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
 * The value of the last committed record below `end`, null when no record is left. Looks further and further
 * back, since the end of a log may hold nothing but markers and aborted batches.
 */
async function lastRecord(
  cluster: Cluster,
  topic: string,
  partition: number,
  end: bigint,
  signal: AbortSignal,
): Promise<Uint8Array | null> {
  if (end === 0n) return null;
  const start = await offsetOf(cluster, topic, partition, 'earliest', signal);
  for (let back = 16n; ; back *= 32n) {
    const from = end - back > start ? end - back : start;
    let last: Uint8Array | null = null;
    const visit = (record: { value: Buffer | null }) => {
      if (record.value !== null) last = record.value;
    };
    await readRange(cluster, topic, partition, from, end, 'read_committed', visit, { signal });
    if (last !== null || from === start) return last;
  }
}

/**
 * The offset after the raw record that an event of clean was made from: everything below it is certainly
 * filtered.
 */
function nextRawOffset(
  encoded: Uint8Array,
  partition: number,
  { topics, cluster: { log } }: FilterGroup,
): bigint | null {
  try {
    const { origin } = decodeEvent(Buffer.from(encoded));
    if (origin.topic === topics.raw && origin.partition === partition) return BigInt(origin.offset) + 1n;
    log.warn({ partition, origin: origin.topic }, 'the last event of clean came from another raw topic');
  } catch (error) {
    log.warn({ partition, error }, 'the last record of clean is not an event that this version can read');
  }
  return null;
}

function highest(offsets: readonly (bigint | null)[]): bigint | null {
  return offsets.reduce<bigint | null>(
    (most, one) => (one !== null && (most === null || one > most) ? one : most),
    null,
  );
}
