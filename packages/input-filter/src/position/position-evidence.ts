import { decodeBuiltInFields } from '@penstock/events';
import { decodeSeen } from '../dedup/seen-record.ts';
import { committedPositions, type FilterGroup } from './filter-group.ts';
import { lastRecord, offsetOf } from './log-records.ts';
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
      (seen?.value && decodeSeen(seen.value)?.to) ??
      highest(cleans.map((last) => (last?.value ? nextRawOffset(last.value, partition, group) : null))),
  };
  return { position, metadata, leaderEpoch: committed?.leaderEpoch ?? -1, seenEnd };
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
    const { origin } = decodeBuiltInFields(Buffer.from(encoded));
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
