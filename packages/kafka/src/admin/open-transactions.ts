import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { retrying } from '../errors/retrying.ts';
import { unlessAborted } from '../errors/wait.ts';
import type { TopicPartition } from '../topic-partition.ts';
import { describeProducersRequest, listTransactionsRequest } from '../requests/describe-transactions.ts';

/** An open transaction in a partition's log. A read_committed reader sees nothing from `firstOffset` on. */
export interface TransactionInLog extends TopicPartition {
  producerId: bigint;
  producerEpoch: number;
  /** The offset of its first record here. */
  firstOffset: bigint;
  lastTimestampMs: number;
  /** The coordinator epoch of the last marker here; -1: there was none. */
  coordinatorEpoch: number;
}

/** Whose it is. */
export interface NamedTransaction extends TransactionInLog {
  /** Undefined when no coordinator knows the producer id, or shows us the transactional id. */
  transactionalId: string | undefined;
}

/**
 * The transactions that are open in these partitions, and whose they are, as far as coordinators answer.
 *
 * Throws the last KafkaError after `timeoutMs` (default 10 000) when nobody says what is open, at once an
 * error that no retry mends, and the signal's reason.
 */
export async function namedTransactions(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: { timeoutMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<NamedTransaction[]> {
  return unlessAborted(nameThem(cluster, partitions, options), options.signal);
}

async function nameThem(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  { timeoutMs = 10_000, signal }: { timeoutMs?: number; signal?: AbortSignal | undefined },
): Promise<NamedTransaction[]> {
  using connections = cluster.connectionsFor('open-transactions');
  const waits = { timeoutMs, signal };
  const ask = () => openTransactions(cluster, connections, partitions);
  const open = await retrying('open transactions', ask, waits);
  const wanted = new Set(open.map(({ producerId }) => producerId));
  const ids = new Map<bigint, string>();
  const askForIds = async (): Promise<void> => {
    const missing = [...wanted.difference(new Set(ids.keys()))];
    if (missing.length > 0) await collectIds(cluster, connections, missing, ids);
  };
  try {
    await retrying('transactional ids', askForIds, waits);
  } catch (error) {
    // A broker that is down may know them. What is open is worth telling all the same.
    if (!(error instanceof KafkaError)) throw error;
  }
  return open.map((each) => ({ ...each, transactionalId: ids.get(each.producerId) }));
}

export async function openTransactions(
  cluster: Cluster,
  connections: BrokerConnections,
  partitions: readonly TopicPartition[],
): Promise<TransactionInLog[]> {
  await cluster.refresh(...new Set(partitions.map(({ topic }) => topic)));
  const leaderOf = ({ topic, partition }: TopicPartition): number =>
    cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
  const asked = [...Map.groupBy(partitions, leaderOf)].map(async ([leader, some]) => {
    if (leader < 0) return []; // without a leader it is stuck for another reason, which its readers report
    const topics = [...Map.groupBy(some, ({ topic }) => topic)].map(([topic, those]) => ({
      topic,
      partitions: those.map(({ partition }) => partition),
    }));
    const answer = await connections.call(leader, describeProducersRequest, topics);
    return answer.topics.flatMap(({ topic, partitions: answered }) =>
      answered.flatMap(({ partition, errorCode, producers }) => {
        if (errorCode !== 0)
          throw new KafkaError(errorName(errorCode), `the producers of ${topic}-${partition}`);
        return producers
          .filter(({ firstOffset }) => firstOffset >= 0n)
          .map((one) => ({ topic, partition, ...one }));
      }),
    );
  });
  return (await Promise.all(asked)).flat();
}

/**
 * The transactional ids of producer ids. Unless all are found, all coordinators have answered: only then is
 * it certain that none knows an id.
 */
export async function idsOf(
  cluster: Cluster,
  connections: BrokerConnections,
  producerIds: readonly bigint[],
): Promise<Map<bigint, string>> {
  const ids = new Map<bigint, string>();
  await collectIds(cluster, connections, producerIds, ids);
  return ids;
}

/** Adds what each coordinator says. Throws when one says nothing, and not all ids are found without it. */
async function collectIds(
  cluster: Cluster,
  connections: BrokerConnections,
  producerIds: readonly bigint[],
  ids: Map<bigint, string>,
): Promise<void> {
  const asked = cluster.brokerIds.map(async (broker) => {
    const answer = await connections.call(broker, listTransactionsRequest, producerIds);
    if (answer.errorCode !== 0)
      throw new KafkaError(errorName(answer.errorCode), `the transactions of broker ${broker}`);
    for (const { producerId, transactionalId } of answer.transactions) ids.set(producerId, transactionalId);
  });
  for (const outcome of await Promise.allSettled(asked)) {
    if (outcome.status === 'fulfilled') continue;
    const isBroken = !(outcome.reason instanceof KafkaError);
    if (isBroken || producerIds.some((id) => !ids.has(id))) throw outcome.reason;
  }
}
