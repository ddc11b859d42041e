import type { Cluster } from '../cluster/cluster.ts';
import { errorName, judge, KafkaError, meansRefresh } from '../cluster/errors.ts';
import { backoffMs } from '../cluster/retrying.ts';
import { offsetFetchRequest } from '../requests/offset-fetch.ts';
import { pausing } from './pausing.ts';
import { partitionKey } from './topic-partition.ts';
import type { TopicPartition } from './topic-partition.ts';

/** A position as it was committed: `offset` is the next record to read. */
export interface CommittedOffset {
  offset: bigint;
  /** Epoch of the record before it, as the committer gave it; -1 unknown. */
  leaderEpoch: number;
  metadata: string | null;
}

/** Whose positions, and as whom they are asked for: a member's answer is fenced by its epoch. */
export interface CommittedOffsetsOptions {
  groupId: string;
  /** null: not as a member; the broker then checks nothing. */
  memberId: string | null;
  /** A function is asked again for every try, so that a heartbeat in between heals STALE_MEMBER_EPOCH. */
  memberEpoch: number | (() => number);
  partitions: readonly TopicPartition[];
  /** Default 30 000: longer than a transaction of ours can stay open. */
  deadlineMs?: number;
  signal?: AbortSignal | undefined;
}

/**
 * Reads a group's positions, by `partitionKey`; null where nothing was ever committed.
 *
 * require_stable (KIP-447): while a transaction holds offsets of a partition that it has neither committed nor aborted, the broker answers
 * UNSTABLE_OFFSET_COMMIT and this waits. Without it a new owner would start from the position before that transaction and double
 * its output.
 *
 * Throws the last KafkaError after `deadlineMs`; at once UNKNOWN_MEMBER_ID (fenced: rejoin), STALE_MEMBER_EPOCH when `memberEpoch` is a
 * number (heartbeat, then ask again), and any other that time does not heal.
 */
export async function committedOffsets(
  cluster: Cluster,
  options: CommittedOffsetsOptions,
): Promise<Map<string, CommittedOffset | null>> {
  const until = Date.now() + (options.deadlineMs ?? 30_000);
  const found = new Map<string, CommittedOffset | null>();
  using link = cluster.link(`committed-offsets:${options.groupId}`);
  let stale = false;
  for (let tries = 0; ; tries++) {
    const missing = options.partitions.filter(
      ({ topic, partition }) => !found.has(partitionKey(topic, partition)),
    );
    if (missing.length === 0) return found;
    try {
      const signal = options.signal ? { signal: options.signal } : {};
      const waits = { refresh: stale, deadlineMs: Math.max(0, until - Date.now()), ...signal };
      const coordinator = await cluster.coordinator('group', options.groupId, waits);
      stale = false;
      await ask(coordinator, missing);
    } catch (error) {
      if (!(error instanceof KafkaError) || !healsWithTime(error, options) || Date.now() > until) throw error;
      stale = meansRefresh(error.code);
      await pausing(backoffMs(tries), options.signal);
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
    const response = await link.call(
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

/** Keeps what is known and throws for what is not. */
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
      const key = partitionKey(topic.name, answer.partitionIndex);
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
  if (judge('offset-fetch', error.code) === 'heartbeat') return typeof options.memberEpoch === 'function';
  return error.retryable;
}
