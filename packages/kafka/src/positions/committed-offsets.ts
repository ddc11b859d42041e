import type { Cluster } from '../cluster/cluster.ts';
import { decide, errorName, KafkaError, meansRefresh } from '../errors/errors.ts';
import { backoffMs } from '../errors/retrying.ts';
import { offsetFetchRequest } from '../requests/offset-fetch.ts';
import { wait } from '../errors/wait.ts';
import { partitionName } from '../topic-partition.ts';
import type { TopicPartition } from '../topic-partition.ts';

/** A committed position: `offset` is the next record to read. */
export interface CommittedOffset {
  offset: bigint;
  /** Leader epoch of the record before it, as it was committed; -1: unknown. */
  leaderEpoch: number;
  metadata: string | null;
}

/** Whose positions to read, and as which member. */
export interface CommittedOffsetsOptions {
  groupId: string;
  /** null: not as a member. Then the broker does not check the epoch. */
  memberId: string | null;
  /** A function is called for every try, so that a heartbeat in between mends STALE_MEMBER_EPOCH. */
  memberEpoch: number | (() => number);
  partitions: readonly TopicPartition[];
  /** Default 30 000: longer than our transactions can stay open. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a group's positions. The map's keys are those of `partitionName`; null where nothing was ever
 * committed.
 *
 * It requires stable offsets (KIP-447): while a transaction that is neither committed nor aborted holds
 * offsets of a partition, the broker answers UNSTABLE_OFFSET_COMMIT, and this waits. Otherwise a new owner
 * would start from the position before that transaction, and double its output.
 *
 * Throws the last KafkaError after `timeoutMs`. Throws at once UNKNOWN_MEMBER_ID (fenced: join again),
 * STALE_MEMBER_EPOCH if `memberEpoch` is a number (heartbeat, then ask again), and every other error that
 * time does not mend.
 */
export async function committedOffsets(
  cluster: Cluster,
  options: CommittedOffsetsOptions,
): Promise<Map<string, CommittedOffset | null>> {
  const giveUpAt = performance.now() + (options.timeoutMs ?? 30_000);
  const found = new Map<string, CommittedOffset | null>();
  using connections = cluster.connectionsFor(`committed-offsets:${options.groupId}`);
  let stale = false;
  for (let tries = 0; ; tries++) {
    const missing = options.partitions.filter(
      ({ topic, partition }) => !found.has(partitionName(topic, partition)),
    );
    if (missing.length === 0) return found;
    try {
      const signal = options.signal ? { signal: options.signal } : {};
      const waits = { refresh: stale, timeoutMs: Math.max(0, giveUpAt - performance.now()), ...signal };
      const coordinator = await cluster.coordinator('group', options.groupId, waits);
      stale = false;
      await ask(coordinator, missing);
    } catch (error) {
      if (!(error instanceof KafkaError) || !healsWithTime(error, options)) throw error;
      if (performance.now() > giveUpAt) throw error;
      stale = meansRefresh(error.code);
      await wait(backoffMs(tries), options.signal);
    }
  }

  async function ask(coordinator: number, missing: readonly TopicPartition[]): Promise<void> {
    const byTopic = Map.groupBy(missing, ({ topic }) => topic);
    const topics = [...byTopic].map(([name, some]) => ({
      name,
      partitionIndexes: some.map(({ partition }) => partition),
    }));
    const { groupId, memberId, memberEpoch } = options;
    const epoch = typeof memberEpoch === 'function' ? memberEpoch() : memberEpoch;
    const response = await connections.call(
      coordinator,
      offsetFetchRequest,
      [{ groupId, memberId, memberEpoch: epoch, topics }],
      true,
    );
    collect(response.groups[0], groupId, found);
  }
}

interface AnsweredGroup {
  errorCode: number;
  topics: readonly { name: string; partitions: readonly AnsweredPartition[] }[];
}

interface AnsweredPartition {
  partitionIndex: number;
  committedOffset: bigint;
  committedLeaderEpoch: number;
  metadata?: string | null | undefined;
  errorCode: number;
}

/** Adds what was answered to `found`, and throws the last error in the answer. */
function collect(
  group: AnsweredGroup | undefined,
  groupId: string,
  found: Map<string, CommittedOffset | null>,
): void {
  if (!group)
    throw new KafkaError(
      'COORDINATOR_NOT_AVAILABLE',
      `offsets of group ${groupId}: an answer without the group`,
    );
  if (group.errorCode !== 0) throw new KafkaError(errorName(group.errorCode), `offsets of group ${groupId}`);
  let failure: KafkaError | undefined;
  for (const topic of group.topics) {
    for (const answer of topic.partitions) {
      const key = partitionName(topic.name, answer.partitionIndex);
      if (answer.errorCode !== 0) {
        failure = new KafkaError(errorName(answer.errorCode), `offset of group ${groupId} in ${key}`);
      } else if (answer.committedOffset < 0n) {
        found.set(key, null);
      } else {
        const { committedOffset: offset, committedLeaderEpoch: leaderEpoch, metadata = null } = answer;
        found.set(key, { offset, leaderEpoch, metadata });
      }
    }
  }
  if (failure) throw failure;
}

function healsWithTime(error: KafkaError, options: CommittedOffsetsOptions): boolean {
  if (decide('offset-fetch', error.code) === 'heartbeat') return typeof options.memberEpoch === 'function';
  return error.retryable;
}
