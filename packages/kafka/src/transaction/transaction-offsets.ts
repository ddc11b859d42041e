import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { errorName, judge } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { txnOffsetCommitRequest } from '../requests/transaction.ts';
import { callCoordinator } from './coordinator-call.ts';

/** Positions of a group that a transaction carries, fenced by the member that gives them (KIP-447). */
export interface TransactionOffsets {
  groupId: string;
  memberId: string;
  /** Asked at each try: a member's epoch moves with the group. An empty member would be accepted unfenced. */
  memberEpoch: () => number;
  offsets: readonly {
    topic: string;
    partition: number;
    /** The next record to be read. */
    offset: bigint;
    leaderEpoch: number;
    metadata?: string;
  }[];
}

/** How long a stale member epoch may wait for the heartbeat that mends it. */
const staleMemberMs = 5_000;

/**
 * Writes positions into the open transaction; answers NONE or the error that stopped it. Sending it again is harmless:
 * the coordinator keeps the last position of each partition until the transaction ends. Throws the last retryable
 * KafkaError after `deadlineMs`.
 */
export async function commitOffsets(
  cluster: Cluster,
  link: Link,
  positions: TransactionOffsets,
  identity: { transactionalId: string; producerId: bigint; producerEpoch: number },
  waits: { signal: AbortSignal; deadlineMs: number },
): Promise<ErrorCode> {
  const { groupId, memberId, memberEpoch } = positions;
  const { transactionalId, producerId, producerEpoch } = identity;
  const topics = byTopic(positions);
  const until = Date.now() + staleMemberMs;
  for (;;) {
    const answer = await callCoordinator(
      cluster,
      link,
      { kind: 'group', key: groupId, role: 'txn-offsets', ...waits },
      txnOffsetCommitRequest,
      firstError,
      (): Parameters<typeof txnOffsetCommitRequest.encode> => [
        transactionalId,
        groupId,
        producerId,
        producerEpoch,
        memberEpoch(),
        memberId,
        null,
        topics,
      ],
    );
    const code = firstError(answer);
    if (judge('txn-offsets', code) !== 'heartbeat' || Date.now() >= until) return code;
    await sleep(100, undefined, { signal: waits.signal });
  }
}

interface OffsetCommitAnswer {
  topics: readonly { partitions: readonly { errorCode: number }[] }[];
}

function firstError(answer: OffsetCommitAnswer): ErrorCode {
  for (const { partitions } of answer.topics) {
    for (const { errorCode } of partitions) if (errorCode !== 0) return errorName(errorCode);
  }
  return 'NONE';
}

function byTopic({ offsets }: TransactionOffsets) {
  const topics = new Map<
    string,
    {
      partitionIndex: number;
      committedOffset: bigint;
      committedLeaderEpoch: number;
      committedMetadata: string | null;
    }[]
  >();
  for (const { topic, partition, offset, leaderEpoch, metadata } of offsets) {
    const partitions = topics.get(topic) ?? [];
    partitions.push({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: metadata ?? null,
    });
    topics.set(topic, partitions);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
