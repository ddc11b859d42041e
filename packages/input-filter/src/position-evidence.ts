import { decodeEvent } from '@penstock/events';
import {
  committedOffsets,
  listOffsets,
  readRange,
  type Cluster,
  type CommittedOffset,
} from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { readPositionMetadata, type PositionMetadata } from './position-metadata.ts';
import type { PositionEvidence } from './starting-position.ts';

export interface EvidenceOptions {
  readonly cluster: Cluster;
  readonly log: Pick<Log, 'warn'>;
  readonly group: string;
  /** null: an operator's tool looks on; nothing is fenced then. */
  readonly member: { readonly memberId: string; readonly epoch: number } | null;
  readonly topics: { readonly raw: string; readonly seen: string };
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
 * Waits for open transactions: of other owners (the offset must be stable), and until clean can be read to its end.
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
  const position: PositionEvidence = {
    committed: committed?.offset ?? null,
    chosen: metadata.chosen,
    committedTopicId: metadata.topicId,
    rawTopicId: raw.id,
    rawStart,
    rawEnd,
    cleanWritten,
    proven,
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
 * origin.offset of the last committed event below `end`: what it was made from is certainly filtered. Looks further and
 * further back, since the end of a log may be markers and aborted batches only. null: no record is left.
 */
async function lastRawOffset(
  o: EvidenceOptions,
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
  o: EvidenceOptions,
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
