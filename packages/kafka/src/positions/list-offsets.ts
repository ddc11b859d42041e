import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError, meansRefresh } from '../errors/errors.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { backoffMs } from '../errors/retrying.ts';
import { listOffsetsRequest } from '../requests/list-offsets.ts';
import { unlessAborted, wait } from '../errors/wait.ts';

/** What readers see: up to the last stable offset and nothing that was aborted, or all that is replicated. */
export type Isolation = 'read_committed' | 'read_uncommitted';

/** The start of the log, its end, or the first record that is not older than a time. */
export type ListedAt = 'earliest' | 'latest' | { timestampMs: number };

/** A position in a log. At the end it is the offset that the next record will get. */
export interface ListedOffset {
  offset: bigint;
  /** Leader epoch of the record there; -1: unknown. */
  leaderEpoch: number;
}

/**
 * Asks the leaders for offsets. `latest` is the last stable offset for read_committed, otherwise the high
 * watermark. For a time after the last record the offset is -1n. While a leader moves, or a new one does not
 * know its end yet (OFFSET_NOT_AVAILABLE, KIP-207), this waits.
 *
 * Throws the last KafkaError after `timeoutMs` (default 30 000), an error that is not retryable at once, and
 * the signal's reason.
 */
export async function listOffsets(
  cluster: Cluster,
  topic: string,
  partitions: readonly number[],
  at: ListedAt,
  isolation: Isolation,
  options: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<Map<number, ListedOffset>> {
  const { timeoutMs = 30_000, signal } = options;
  const giveUpAt = performance.now() + timeoutMs;
  const found = new Map<number, ListedOffset>();
  using connections = cluster.connectionsFor(`list-offsets:${topic}`);
  const asked = { cluster, connections, topic, at, isolation };
  await cluster.topic(topic, { timeoutMs, signal });
  for (let tries = 0; ; tries++) {
    const missing = partitions.filter((partition) => !found.has(partition));
    if (missing.length === 0) return found;
    const failure = await unlessAborted(askLeaders(asked, missing, found), signal);
    if (!failure) continue;
    if (!failure.retryable || performance.now() > giveUpAt) throw failure;
    await wait(backoffMs(tries), signal);
    // If this fails, the next round tries again.
    if (meansRefresh(failure.code)) await cluster.refresh(topic).catch(() => undefined);
  }
}

interface Asked {
  readonly cluster: Cluster;
  readonly connections: BrokerConnections;
  readonly topic: string;
  readonly at: ListedAt;
  readonly isolation: Isolation;
}

/** One round: adds what was found, and resolves with the worst error. */
async function askLeaders(
  asked: Asked,
  partitions: readonly number[],
  found: Map<number, ListedOffset>,
): Promise<KafkaError | undefined> {
  const { cluster, topic } = asked;
  let failure: KafkaError | undefined;
  const byLeader = Map.groupBy(
    partitions,
    (partition) => cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1,
  );
  const answers = [...byLeader].map(async ([leader, some]) => {
    if (leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic} ${some.join(', ')}`);
    for (const answer of await askLeader(asked, leader, some)) {
      if (answer.errorCode === 0)
        found.set(answer.partitionIndex, { offset: answer.offset, leaderEpoch: answer.leaderEpoch });
      else
        failure = worse(
          failure,
          new KafkaError(errorName(answer.errorCode), `offsets of ${topic} ${answer.partitionIndex}`),
        );
    }
  });
  for (const outcome of await Promise.allSettled(answers)) {
    if (outcome.status === 'fulfilled') continue;
    if (!(outcome.reason instanceof KafkaError)) throw outcome.reason;
    failure = worse(failure, outcome.reason);
  }
  return failure;
}

async function askLeader(
  { cluster, connections, topic, at, isolation }: Asked,
  leader: number,
  partitions: readonly number[],
): Promise<{ partitionIndex: number; errorCode: number; offset: bigint; leaderEpoch: number }[]> {
  const timestamp = at === 'earliest' ? -2n : at === 'latest' ? -1n : BigInt(at.timestampMs);
  const wanted = partitions.map((partitionIndex) => ({
    partitionIndex,
    currentLeaderEpoch: cluster.knownTopic(topic)?.partitions[partitionIndex]?.leaderEpoch ?? -1,
    timestamp,
  }));
  const response = await connections.call(
    leader,
    listOffsetsRequest,
    -1,
    isolation === 'read_committed' ? 1 : 0,
    [{ name: topic, partitions: wanted }],
  );
  return response.topics.flatMap((answered) => answered.partitions);
}

function worse(one: KafkaError | undefined, other: KafkaError): KafkaError {
  return one && !one.retryable ? one : other;
}
