import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError, meansRefresh } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { backoffMs } from '../cluster/retrying.ts';
import { listOffsetsRequest } from '../requests/list-offsets.ts';
import { pausing } from './pausing.ts';

/** What readers see: up to the last stable offset without what was aborted, or all that is replicated. */
export type Isolation = 'read_committed' | 'read_uncommitted';

/** The start of the log, its end, or the first record that is not older. */
export type ListedAt = 'earliest' | 'latest' | { timestampMs: number };

/** A place in a log: an end is the offset that the next record will get. */
export interface ListedOffset {
  offset: bigint;
  /** Epoch of the record there, -1 when not known. */
  leaderEpoch: number;
}

/**
 * Asks the leaders. `latest` is the last stable offset for read_committed, else the high watermark; for a time after the last record the
 * offset is -1n. Moving leaders, and a new one that does not know its end yet (OFFSET_NOT_AVAILABLE, KIP-207), are waited for.
 *
 * Throws the last KafkaError after `deadlineMs` (default 30 000), any that is not retryable at once, and the signal's reason.
 */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  at: ListedAt,
  isolation: Isolation,
  options: { deadlineMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Map<number, ListedOffset>> {
  const until = Date.now() + (options.deadlineMs ?? 30_000);
  const found = new Map<number, ListedOffset>();
  using link = cluster.link(`list-offsets:${topic}`);
  await cluster.topic(topic, { timeoutMs: options.deadlineMs ?? 30_000 });
  for (let tries = 0; ; tries++) {
    const missing = partitions.filter((partition) => !found.has(partition));
    if (missing.length === 0) return found;
    const failure = await askLeaders(cluster, link, topic, missing, at, isolation, found);
    if (!failure) continue;
    if (!failure.retryable || Date.now() > until) throw failure;
    await pausing(backoffMs(tries), options.signal);
    if (meansRefresh(failure.code)) await cluster.refresh(topic).catch(keepTrying);
  }
}

/** One round: adds what was found, answers the worst that went wrong. */
async function askLeaders(
  cluster: Cluster,
  link: Link,
  topic: string,
  partitions: readonly number[],
  at: ListedAt,
  isolation: Isolation,
  found: Map<number, ListedOffset>,
): Promise<KafkaError | undefined> {
  let failure: KafkaError | undefined;
  const byLeader = Map.groupBy(
    partitions,
    (partition) => cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1,
  );
  const asked = [...byLeader].map(async ([leader, some]) => {
    if (leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic} ${some.join(', ')}`);
    for (const answer of await askLeader(cluster, link, leader, topic, some, at, isolation)) {
      if (answer.errorCode === 0)
        found.set(answer.partitionIndex, { offset: answer.offset, leaderEpoch: answer.leaderEpoch });
      else
        failure = worse(
          failure,
          new KafkaError(errorName(answer.errorCode), `offsets of ${topic} ${answer.partitionIndex}`),
        );
    }
  });
  for (const outcome of await Promise.allSettled(asked)) {
    if (outcome.status === 'fulfilled') continue;
    if (!(outcome.reason instanceof KafkaError)) throw outcome.reason;
    failure = worse(failure, outcome.reason);
  }
  return failure;
}

async function askLeader(
  cluster: Cluster,
  link: Link,
  leader: number,
  topic: string,
  partitions: readonly number[],
  at: ListedAt,
  isolation: Isolation,
): Promise<{ partitionIndex: number; errorCode: number; offset: bigint; leaderEpoch: number }[]> {
  const timestamp = at === 'earliest' ? -2n : at === 'latest' ? -1n : BigInt(at.timestampMs);
  const wanted = partitions.map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: cluster.knownTopic(topic)?.partitions[partitionIndex]?.leaderEpoch ?? -1,
    timestamp,
  }));
  const response = await link.call(leader, listOffsetsRequest, -1, isolation === 'read_committed' ? 1 : 0, [
    { name: topic, partitions: wanted },
  ]);
  return response.topics.flatMap((answered) => answered.partitions);
}

function worse(one: KafkaError | undefined, other: KafkaError): KafkaError {
  return one && !one.retryable ? one : other;
}

function keepTrying(): void {}
