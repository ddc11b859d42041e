import type { Cluster } from '../cluster/cluster.ts';
import { callCoordinator } from '../cluster/coordinator-call.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { decide, errorName } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { wait } from '../errors/wait.ts';
import { txnOffsetCommitRequest } from '../requests/transaction.ts';

/** Positions of a group that a transaction carries. The member's id and epoch fence them (KIP-447). */
export interface TransactionOffsets {
  groupId: string;
  memberId: string;
  /**
   * Called for each try, because a member's epoch moves with the group. Brokers accept an empty member id
   * unfenced.
   */
  memberEpoch: () => number;
  positions: readonly {
    topic: string;
    partition: number;
    /** The next record to be read. */
    offset: bigint;
    leaderEpoch: number;
    metadata?: string;
  }[];
}

/** How long to wait for the heartbeat that mends a stale member epoch. */
const staleMemberMs = 5_000;

/**
 * Writes positions into the open transaction. Resolves with NONE or the error that stopped it. Sending them
 * twice is harmless: the coordinator keeps the last position of each partition until the transaction ends.
 * Throws the last retryable KafkaError after `timeoutMs`.
 */
export async function sendOffsets(
  cluster: Cluster,
  connections: BrokerConnections,
  offsets: TransactionOffsets,
  identity: { transactionalId: string; producerId: bigint; producerEpoch: number },
  waits: { signal: AbortSignal; timeoutMs: number },
): Promise<ErrorCode> {
  const { groupId, memberId, memberEpoch } = offsets;
  const { transactionalId, producerId, producerEpoch } = identity;
  const topics = byTopic(offsets);
  const giveUpAt = performance.now() + staleMemberMs;
  for (;;) {
    const answer = await callCoordinator(
      cluster,
      connections,
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
    if (decide('txn-offsets', code) !== 'heartbeat' || performance.now() >= giveUpAt) return code;
    await wait(100, waits.signal);
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

function byTopic({ positions }: TransactionOffsets) {
  const topics = new Map<
    string,
    {
      partitionIndex: number;
      committedOffset: bigint;
      committedLeaderEpoch: number;
      committedMetadata: string | null;
    }[]
  >();
  for (const { topic, partition, offset, leaderEpoch, metadata } of positions) {
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
