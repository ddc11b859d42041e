import type { Cluster } from '../cluster/cluster.ts';
import { callCoordinator } from '../cluster/coordinator-call.ts';
import { decide, errorName, KafkaError } from '../errors/errors.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { retrying } from '../errors/retrying.ts';
import { partitionName } from '../topic-partition.ts';
import type { TopicPartition } from '../topic-partition.ts';
import { describeTransactionsRequest } from '../requests/describe-transactions.ts';
import { wallClockMs } from '../wall-clock.ts';
import { idsOf, openTransactions, type TransactionInLog } from './open-transactions.ts';

/** What the coordinator says of a transactional id. */
export interface CoordinatorView {
  transactionalId: string;
  /** Ongoing, PrepareCommit, CompleteCommit, PrepareAbort, CompleteAbort, Empty, Dead. */
  state: string;
  producerEpoch: number;
  /** The partitions of its present transaction, as `partitionName` writes them. */
  partitions: ReadonlySet<string>;
}

/** An open transaction that nobody will end; Kafka's tools call it hanging (KIP-664). */
export interface StuckTransaction extends TransactionInLog {
  /** Undefined when no coordinator knows the producer id. */
  transactionalId: string | undefined;
  state: string | undefined;
  /** A sentence for the operator. */
  why: string;
}

/**
 * Transactions that are open in these partitions although their coordinator has ended or forgotten them. A
 * skipped marker leaves them so (KAFKA-20734), and the last stable offset never moves again. Only
 * transactions whose last record is older than `quietMs` count: while a transaction ends, its partitions
 * close one after the other.
 *
 * Throws the last KafkaError after `timeoutMs` (default 10 000), and at once an error that no retry mends.
 */
export async function stuckTransactions(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  options: { quietMs: number; timeoutMs?: number },
): Promise<StuckTransaction[]> {
  const { quietMs, timeoutMs = 10_000 } = options;
  using connections = cluster.connectionsFor('stuck-transactions');
  const waits = { timeoutMs };
  const open = await retrying(
    'open transactions',
    () => openTransactions(cluster, connections, partitions),
    waits,
  );
  const quiet = open.filter(({ lastTimestampMs }) => lastTimestampMs < wallClockMs() - quietMs);
  if (quiet.length === 0) return [];
  const producerIds = [...new Set(quiet.map(({ producerId }) => producerId))];
  const idOf = await retrying('transactional ids', () => idsOf(cluster, connections, producerIds), waits);
  const views = new Map<string, CoordinatorView | undefined>();
  for (const id of new Set(idOf.values())) views.set(id, await viewOf(cluster, connections, id, timeoutMs));
  const suspects = quiet.flatMap((transaction) => {
    const transactionalId = idOf.get(transaction.producerId);
    const view = transactionalId === undefined ? undefined : views.get(transactionalId);
    const why = whyStuck(transaction, view);
    return why === undefined ? [] : [{ ...transaction, transactionalId, state: view?.state, why }];
  });
  if (suspects.length === 0) return [];
  // A transaction that ended between the two requests looks the same. But the coordinator's state is Complete
  // only after all markers are written, so by now such a transaction is closed.
  const still = await retrying(
    'open transactions',
    () => openTransactions(cluster, connections, suspects),
    waits,
  );
  return suspects.filter((suspect) =>
    still.some(
      ({ topic, partition, producerId, firstOffset }) =>
        topic === suspect.topic &&
        partition === suspect.partition &&
        producerId === suspect.producerId &&
        firstOffset === suspect.firstOffset,
    ),
  );
}

/** Why nobody will end this transaction; undefined: its coordinator will. */
export function whyStuck(open: TransactionInLog, view: CoordinatorView | undefined): string | undefined {
  if (view === undefined) return 'no coordinator knows its producer id';
  const isPart = view.partitions.has(partitionName(open.topic, open.partition));
  if (isPart && (view.state === 'Ongoing' || view.state.startsWith('Prepare'))) return undefined;
  const where = isPart ? '' : ', and this partition is not part of its present transaction';
  return `its transactional id is ${view.state} in epoch ${view.producerEpoch}${where}`;
}

async function viewOf(
  cluster: Cluster,
  connections: BrokerConnections,
  transactionalId: string,
  timeoutMs: number,
): Promise<CoordinatorView | undefined> {
  const answer = await callCoordinator(
    cluster,
    connections,
    { kind: 'transaction', key: transactionalId, role: 'describe', timeoutMs },
    describeTransactionsRequest,
    ({ transactions }) => errorName(transactions[0]?.errorCode ?? -1),
    (): [readonly string[]] => [[transactionalId]],
  );
  const [found] = answer.transactions;
  const code = errorName(found?.errorCode ?? -1);
  if (found === undefined || code === 'TRANSACTIONAL_ID_NOT_FOUND') return undefined;
  if (decide('describe', code) !== 'done')
    throw new KafkaError(code, `the transaction of ${transactionalId}`);
  const partitions = found.topics.flatMap(({ topic, partitions: some }) =>
    some.map((each) => partitionName(topic, each)),
  );
  const { state, producerEpoch } = found;
  return { transactionalId, state, producerEpoch, partitions: new Set(partitions) };
}
