import { encodeBatch, listOffsets, openCluster, openTransactionSession } from '@penstock/kafka';
import type { Cluster, TransactionSession } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { judgeReading } from '../judgement.ts';
import { nothingActed } from '../promise-case.ts';
import type { PromiseCase } from '../promise-case.ts';

const lastValue = 'end';

/**
 * Contract test 6 of packages/kafka: what was written, Kafka's own consumer says; how it is read, each
 * client decides.
 */
export const abortedRecords: readonly PromiseCase[] = [
  caseOf('aborted-in-turn', 'abort, commit, abort of one producer in one answer', 1024 * 1024, writeInTurn),
  caseOf('aborted-split', 'an aborted transaction read in several answers', 1_500, writeLong),
  caseOf(
    'aborted-overlapping',
    'aborted transactions of two producers that overlap',
    1024 * 1024,
    writeOverlapping,
  ),
];

type Write = (log: TransactionalLog) => Promise<void>;

function caseOf(name: string, what: string, bytesMax: number, write: Write): PromiseCase {
  return {
    name,
    promise: `read_committed shows no aborted record: ${what}`,

    async prepare(kafka, bootstrap) {
      const topic = uniqueName('compare-aborted');
      await kafka.createTopic(topic);
      await using cluster = await openCluster({ bootstrap, clientId: 'compare-writer' });
      await using one = await openTransactionSession(cluster, { transactionalId: `${topic}-one` });
      await using two = await openTransactionSession(cluster, { transactionalId: `${topic}-two` });
      const log = new TransactionalLog(cluster, topic, one, two);
      await write(log);
      await log.append(one, lastValue);
      await one.commit();
      return { topic };
    },

    async act(client, { bootstrap, topic }) {
      const read: string[] = [];
      const { promise, resolve } = Promise.withResolvers<void>();
      await client.read({ bootstrap, topic, bytesMax }, (value) => {
        read.push(value);
        if (value === lastValue) resolve();
      });
      await promise;
      return { ...nothingActed, read };
    },

    async judge(kafka, { topic }, { read }) {
      const visible = await kafka.consoleConsume(topic, { timeoutMs: 2_000 });
      return judgeReading(
        visible.map(({ value }) => value?.toString() ?? ''),
        read,
      );
    },
  };
}

/** One partition, written by two owners in an order that is certain. */
class TransactionalLog {
  readonly one: TransactionSession;
  readonly two: TransactionSession;
  readonly #cluster: Cluster;
  readonly #topic: string;

  constructor(cluster: Cluster, topic: string, one: TransactionSession, two: TransactionSession) {
    this.#cluster = cluster;
    this.#topic = topic;
    this.one = one;
    this.two = two;
  }

  /** Resolves when it is in the log: a session itself tells only at the commit. */
  async append(session: TransactionSession, value: string): Promise<void> {
    const before = await this.#end();
    session.append(
      this.#topic,
      0,
      encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: Date.now() }]),
    );
    while ((await this.#end()) === before);
  }

  async #end(): Promise<bigint> {
    const ends = await listOffsets(this.#cluster, this.#topic, [0], 'latest', 'read_uncommitted');
    return ends.get(0)?.offset ?? 0n;
  }
}

async function writeInTurn(log: TransactionalLog): Promise<void> {
  const { one } = log;
  await log.append(one, 'aborted 1');
  await one.abort();
  await log.append(one, 'committed');
  await one.commit();
  await log.append(one, 'aborted 2');
  await one.abort();
}

/** Each batch is larger than half of what is fetched at once. */
async function writeLong(log: TransactionalLog): Promise<void> {
  const { one, two } = log;
  for (let batch = 0; batch < 4; batch++) await log.append(one, `aborted ${batch} ${'x'.repeat(1_000)}`);
  await one.abort();
  await log.append(two, `committed ${'x'.repeat(1_000)}`);
  await two.commit();
}

/**
 * The broker names aborted transactions in the order of their ends, which is not that of their beginnings
 * here.
 */
async function writeOverlapping(log: TransactionalLog): Promise<void> {
  const { one, two } = log;
  await log.append(one, 'aborted 1, first');
  await log.append(two, 'aborted 2, first');
  await log.append(one, 'aborted 1, second');
  await two.abort();
  await log.append(two, 'committed between');
  await log.append(one, 'aborted 1, third');
  await two.commit();
  await one.abort();
}
