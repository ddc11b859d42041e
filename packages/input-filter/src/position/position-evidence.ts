import { decodeEvent } from '@penstock/events';
import {
  committedOffsets,
  listOffsets,
  readRange,
  type Cluster,
  type CommittedOffset,
} from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { decodeSeen } from '../dedup/seen-record.ts';
import { readPositionMetadata, type PositionMetadata } from './position-metadata.ts';
import type { PositionEvidence } from './starting-position.ts';

export interface EvidenceOptions {
  readonly cluster: Cluster;
  readonly log: Pick<Log, 'warn'>;
  readonly group: string;
  /** null: an operator's tool looks on; nothing is fenced then. */
  readonly member: { readonly memberId: string; readonly epoch: number } | null;
  readonly topics: { readonly raw: string; readonly rejected: string; readonly seen: string };
  /** All topics that events may be routed to. */
  readonly cleanTopics: readonly string[];
}

export interface Evidence {
  readonly position: PositionEvidence;
  readonly metadata: PositionMetadata;
  /** Leader epoch of the last record that was filtered; -1 unknown. */
  readonly leaderEpoch: number;
  /** End of seen-p, read_uncommitted: what the committed offset covers lies below it. */
  readonly seenEnd: bigint;
}

/**
 * Collects what Kafka says about one partition: steps 2 to 4 of `takeOverPartition`, in that order, without the window.
 * Waits for open transactions: of other owners (the offset must be stable), and until seen and clean can be read to their ends.
 */
export async function collectEvidence(
  partition: number,
  o: EvidenceOptions,
  signal: AbortSignal,
): Promise<Evidence> {
  const { cluster, topics } = o;
  const committed = await committedOffset(partition, o, signal); // 2
  const metadata = readPositionMetadata(committed?.metadata ?? null);
  const raw = await cluster.topic(topics.raw, { refresh: true });
  const at = (topic: string, where: 'earliest' | 'latest') =>
    offsetOf(cluster, topic, partition, where, signal);
  const [rawStart, rawEnd, seenEnd, ...cleanEnds] = await Promise.all([
    at(topics.raw, 'earliest'),
    at(topics.raw, 'latest'),
    at(topics.seen, 'latest'), // 3
    ...o.cleanTopics.map((topic) => at(topic, 'latest')), // 3
  ]);
  const [seen, ...cleans] = await Promise.all([
    lastRecord(cluster, topics.seen, partition, seenEnd, signal), // 4
    ...cleanEnds.map((end, n) => lastRecord(cluster, o.cleanTopics[n]!, partition, end, signal)), // 4
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
      highest(cleans.map((last) => last && nextRawOffset(last, partition, o))),
  };
  return { position, metadata, leaderEpoch: committed?.leaderEpoch ?? -1, seenEnd };
}

async function committedOffset(
  partition: number,
  { cluster, group, member, topics }: EvidenceOptions,
  signal: AbortSignal,
): Promise<CommittedOffset | null> {
  const found = await committedOffsets(cluster, {
    groupId: group,
    memberId: member?.memberId ?? null,
    memberEpoch: () => member?.epoch ?? -1,
    partitions: [{ topic: topics.raw, partition }],
    signal,
  });
  return [...found.values()][0] ?? null;
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
 * The value of the last committed record below `end`. Looks further and further back, since the end of a log may be
 * markers and aborted batches only. null: no record is left.
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

/** Behind the raw record that an event of clean was made from: all before it is certainly filtered. */
function nextRawOffset(
  encoded: Uint8Array,
  partition: number,
  { topics, log }: EvidenceOptions,
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
