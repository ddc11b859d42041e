import type { Cluster } from '../cluster/cluster.ts';
import { errorName, judge, KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { retrying } from '../cluster/retrying.ts';
import type { TopicPartition } from '../positions/topic-partition.ts';
import {
  describeProducersRequest,
  describeTransactionsRequest,
  listTransactionsRequest,
} from '../requests/describe-transactions.ts';
import { callCoordinator } from '../transaction/coordinator-call.ts';

/** An open transaction in a partition's log: nothing behind `openSince` is visible to a read_committed reader. */
export interface OpenTransaction extends TopicPartition {
  producerId: bigint;
  producerEpoch: number;
  openSince: bigint;
  lastTimestampMs: number;
  /** Of the last marker here; -1: there was none. */
  coordinatorEpoch: number;
}

/** What the coordinator says of a transactional id. */
export interface CoordinatorView {
  transactionalId: string;
  /** Ongoing, PrepareCommit, CompleteCommit, PrepareAbort, CompleteAbort, Empty, Dead. */
  state: string;
  producerEpoch: number;
  /** `topic-partition` of what is part of its present transaction. */
  partitions: ReadonlySet<string>;
}

/** An open transaction that nobody will end. */
export interface StuckTransaction extends OpenTransaction {
  /** Undefined when no coordinator knows the producer id any more. */
  transactionalId: string | undefined;
  state: string | undefined;
  /** For a human. */
  why: string;
}

/**
 * Transactions that are open in these partitions although their coordinator is done with them (or has forgotten them), as a marker that was
 * skipped leaves them (KAFKA-20734): their last stable offset stays for ever. Only those whose last record is older than
 * `quietMs` are looked at: while a transaction ends, its partitions close one after the other.
 *
 * Throws the last KafkaError after `deadlineMs` (default 10 000), and one that no retry heals.
 */
export async function stuckTransactions(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: { quietMs: number; deadlineMs?: number },
): Promise<StuckTransaction[]> {
  const { quietMs, deadlineMs = 10_000 } = options;
  using link = cluster.link('stuck-transactions');
  const waits = { deadlineMs };
  const open = await retrying('open transactions', () => openTransactions(cluster, link, partitions), waits);
  const quiet = open.filter(({ lastTimestampMs }) => lastTimestampMs < Date.now() - quietMs);
  if (quiet.length === 0) return [];
  const producerIds = [...new Set(quiet.map(({ producerId }) => producerId))];
  const idOf = await retrying('transactional ids', () => idsOf(cluster, link, producerIds), waits);
  const views = new Map<string, CoordinatorView | undefined>();
  for (const id of new Set(idOf.values())) views.set(id, await viewOf(cluster, link, id, deadlineMs));
  const suspects = quiet.flatMap((transaction) => {
    const transactionalId = idOf.get(transaction.producerId);
    const view = transactionalId === undefined ? undefined : views.get(transactionalId);
    const why = whyStuck(transaction, view);
    return why === undefined ? [] : [{ ...transaction, transactionalId, state: view?.state, why }];
  });
  if (suspects.length === 0) return [];
  // One that ended between the two questions looks the same. Complete means that all markers were written before that answer.
  const still = await retrying('open transactions', () => openTransactions(cluster, link, suspects), waits);
  return suspects.filter((suspect) =>
    still.some(
      ({ topic, partition, producerId, openSince }) =>
        topic === suspect.topic &&
        partition === suspect.partition &&
        producerId === suspect.producerId &&
        openSince === suspect.openSince,
    ),
  );
}

/** Undefined: its coordinator will still end it. */
export function whyStuck(open: OpenTransaction, view: CoordinatorView | undefined): string | undefined {
  if (view === undefined) return 'no coordinator knows its producer id';
  const isPart = view.partitions.has(`${open.topic}-${open.partition}`);
  if (isPart && (view.state === 'Ongoing' || view.state.startsWith('Prepare'))) return undefined;
  const where = isPart ? '' : ', and this partition is not part of its present transaction';
  return `its transactional id is ${view.state} in epoch ${view.producerEpoch}${where}`;
}

async function openTransactions(
  cluster: Cluster,
  link: Link,
  partitions: readonly TopicPartition[],
): Promise<OpenTransaction[]> {
  await cluster.refresh(...new Set(partitions.map(({ topic }) => topic)));
  const leaderOf = ({ topic, partition }: TopicPartition): number =>
    cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
  const asked = [...Map.groupBy(partitions, leaderOf)].map(async ([leader, some]) => {
    if (leader < 0) return []; // without a leader it is stuck in another way, which its readers tell
    const topics = [...Map.groupBy(some, ({ topic }) => topic)].map(([topic, those]) => ({
      topic,
      partitions: those.map(({ partition }) => partition),
    }));
    const answer = await link.call(leader, describeProducersRequest, topics);
    return answer.topics.flatMap(({ topic, partitions: answered }) =>
      answered.flatMap(({ partition, errorCode, producers }) => {
        if (errorCode !== 0)
          throw new KafkaError(errorName(errorCode), `the producers of ${topic}-${partition}`);
        return producers
          .filter(({ openSince }) => openSince >= 0n)
          .map((one) => ({ topic, partition, ...one }));
      }),
    );
  });
  return (await Promise.all(asked)).flat();
}

/** The transactional ids of producer ids, of all coordinators: nothing less tells that nobody knows one. */
async function idsOf(
  cluster: Cluster,
  link: Link,
  producerIds: readonly bigint[],
): Promise<Map<bigint, string>> {
  const ids = new Map<bigint, string>();
  const asked = cluster.brokerIds.map(async (broker) => {
    const answer = await link.call(broker, listTransactionsRequest, producerIds);
    if (answer.errorCode !== 0)
      throw new KafkaError(errorName(answer.errorCode), `the transactions of broker ${broker}`);
    for (const { producerId, transactionalId } of answer.transactions) ids.set(producerId, transactionalId);
  });
  await Promise.all(asked);
  return ids;
}

async function viewOf(
  cluster: Cluster,
  link: Link,
  transactionalId: string,
  deadlineMs: number,
): Promise<CoordinatorView | undefined> {
  const answer = await callCoordinator(
    cluster,
    link,
    { kind: 'transaction', key: transactionalId, role: 'describe', deadlineMs },
    describeTransactionsRequest,
    ({ transactions }) => errorName(transactions[0]?.errorCode ?? -1),
    (): [readonly string[]] => [[transactionalId]],
  );
  const [found] = answer.transactions;
  const code = errorName(found?.errorCode ?? -1);
  if (found === undefined || code === 'TRANSACTIONAL_ID_NOT_FOUND') return undefined;
  if (judge('describe', code) !== 'done') throw new KafkaError(code, `the transaction of ${transactionalId}`);
  const partitions = found.topics.flatMap(({ topic, partitions: some }) =>
    some.map((each) => `${topic}-${each}`),
  );
  const { state, producerEpoch } = found;
  return { transactionalId, state, producerEpoch, partitions: new Set(partitions) };
}
