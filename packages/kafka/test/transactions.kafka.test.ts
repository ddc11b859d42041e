import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import type { FaultProxy, ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  encodeBatch,
  listOffsets,
  openCluster,
  openTransactionSession,
  TransactionError,
} from '../src/index.ts';
import type { Cluster, TransactionSession } from '../src/index.ts';

// Contract test 5: what a transaction promises, whichever answer gets lost and whoever else claims its id.

let proxied: ProxiedKafka<TestKafka>;
let proxy: FaultProxy;
let cluster: Cluster;

beforeAll(async () => {
  proxied = await startProxiedKafka(startKafka, { brokers: 1, name: 'transactions' });
  proxy = proxied.proxies[0]!;
  cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'transactions' });
});

afterAll(async () => {
  await cluster[Symbol.asyncDispose]();
  await proxied[Symbol.asyncDispose]();
});

test('committed records are seen once and in order, aborted ones never', async () => {
  const { topic, session } = await begin();
  for (let round = 0; round < 6; round++) {
    for (const partition of [0, 1, 2])
      session.append(topic, partition, batchOf(`${round} first`, `${round} second`));
    for (const partition of [0, 1]) session.append(topic, partition, batchOf(`${round} third`));
    const written = round % 3 === 2 ? await session.abort() : await session.commit();
    expect(written?.length).toBe(round % 3 === 2 ? undefined : 5);
  }
  const seen = await visible(topic);
  expect(seen(0)).toEqual(
    [0, 1, 3, 4].flatMap((round) => [`${round} first`, `${round} second`, `${round} third`]),
  );
  expect(seen(2)).toEqual([0, 1, 3, 4].flatMap((round) => [`${round} first`, `${round} second`]));
});

test('a commit of nothing sends no request and is no error', async () => {
  const { session } = await begin();
  expect(await session.commit()).toEqual([]);
  await session.abort();
  expect(await session.commit()).toEqual([]);
});

test.each([
  ['Produce', apiKeys.produce],
  ['TxnOffsetCommit', apiKeys.txnOffsetCommit],
  ['EndTxn', apiKeys.endTxn],
])('a lost answer to %s doubles nothing and loses nothing', async (_, apiKey) => {
  const { topic, session } = await begin();
  for (let round = 0; round < 4; round++) {
    const trap = round % 2 === 0 ? proxy.dropNextResponse({ apiKey }) : proxy.cutBeforeRequest({ apiKey });
    session.append(topic, 0, batchOf(`round ${round}`));
    session.append(topic, 1, batchOf(`round ${round}`));
    session.offsets(offsetsOf(topic, BigInt(round + 1)));
    await session.commit();
    await trap.struck;
  }
  const wanted = [0, 1, 2, 3].map((round) => `round ${round}`);
  const seen = await visible(topic);
  expect(seen(0)).toEqual(wanted);
  expect(seen(1)).toEqual(wanted);
  expect(await committed(topic)).toBe('4');
});

test('a restart with the same id aborts what its predecessor left open, and goes on', async () => {
  const { topic, session, transactionalId } = await begin();
  session.append(topic, 0, batchOf('committed'));
  await session.commit();
  session.append(topic, 0, batchOf('left open'));
  await endOf(topic, 3n); // two records and a marker
  await session[Symbol.asyncDispose]();
  const next = await open(transactionalId);
  next.append(topic, 0, batchOf('after the restart'));
  await next.commit();
  expect((await visible(topic))(0)).toEqual(['committed', 'after the restart']);
});

test.each(['produce', 'offsets', 'end'] as const)(
  'a zombie is refused at %s, and none of its work is seen',
  async (request) => {
    const { topic, session: zombie, transactionalId } = await begin();
    if (request === 'end') {
      zombie.append(topic, 0, batchOf('zombie'));
      await endOf(topic, 1n);
    }
    const owner = await open(transactionalId);
    if (request === 'produce') zombie.append(topic, 0, batchOf('zombie'));
    if (request === 'offsets') zombie.offsets(offsetsOf(topic, 99n));
    await expect(zombie.commit()).rejects.toMatchObject({ name: 'TransactionError', outcome: 'fenced' });
    owner.append(topic, 0, batchOf('owner'));
    owner.offsets(offsetsOf(topic, 1n));
    await owner.commit();
    expect((await visible(topic))(0)).toEqual(['owner']);
    expect(await committed(topic)).toBe('1');
  },
);

test('a transaction that timed out is aborted, the session knows, and it is not fenced', async () => {
  const { topic, session } = await begin({ transactionTimeoutMs: 3_000 });
  session.append(topic, 0, batchOf('too slow'));
  await endOf(topic, 2n); // the record, and the marker of the broker's abort
  await expect(session.commit()).rejects.toMatchObject({ outcome: 'aborted' });
  session.append(topic, 0, batchOf('again'));
  await session.commit();
  expect((await visible(topic))(0)).toEqual(['again']);
});

test('two owners of one id do not fence each other for ever: the later one goes on', async () => {
  const { topic, session: first, transactionalId } = await begin();
  const second = await open(transactionalId);
  for (let round = 0; round < 5; round++) {
    first.append(topic, 0, batchOf(`first ${round}`));
    const lost = first.commit().catch((error: unknown) => error);
    // The zombie asks whether it is fenced, which may abort the owner's open transaction: then the owner does
    // it again.
    for (let tries = 1; !(await commitOne(second, topic, `second ${round}`)); tries++)
      expect(tries).toBeLessThan(3);
    expect(await lost).toMatchObject({ outcome: 'fenced' });
  }
  expect((await visible(topic))(0)).toEqual([0, 1, 2, 3, 4].map((round) => `second ${round}`));
});

test('a record that the broker will never take is reported, and the rest passes without it', async () => {
  const topic = uniqueName('transactions');
  await proxied.kafka.createTopic(topic, { partitions: 1, configs: { 'max.message.bytes': '2000' } });
  const session = await open(uniqueName('txn'));
  session.append(topic, 0, batchOf('small'));
  session.append(topic, 0, batchOf('x'.repeat(5_000)));
  await expect(session.commit()).rejects.toMatchObject({
    outcome: 'aborted',
    code: 'MESSAGE_TOO_LARGE',
    poison: { topic, partition: 0, index: 1 },
  });
  session.append(topic, 0, batchOf('small'));
  await session.commit();
  expect((await visible(topic))(0)).toEqual(['small']);
});

test('records of several partitions that the broker will never take are reported all at once', async () => {
  const topic = uniqueName('transactions');
  await proxied.kafka.createTopic(topic, { partitions: 4, configs: { 'max.message.bytes': '2000' } });
  const session = await open(uniqueName('txn'));
  // From here on every leader is known, so that one request has a batch of each partition.
  for (const partition of [0, 1, 2, 3]) session.append(topic, partition, batchOf('first'));
  await session.commit();
  for (const partition of [0, 1, 2, 3]) {
    session.append(topic, partition, batchOf(partition === 2 ? 'small' : 'x'.repeat(5_000)));
    // Behind one that is refused, another one is not told.
    session.append(topic, partition, batchOf(partition === 2 ? 'small' : 'y'.repeat(5_000)));
  }
  const error: unknown = await session.commit().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ outcome: 'aborted', code: 'MESSAGE_TOO_LARGE' });
  const { poisons } = error as TransactionError;
  const found = poisons.map(({ partition, index, code }) => `${partition} ${index} ${code}`).sort();
  expect(found).toEqual([0, 1, 3].map((partition) => `${partition} 0 MESSAGE_TOO_LARGE`));
});

test('a partition without a leader is reported, and the others pass without it', async () => {
  const { topic, session } = await begin();
  session.append(topic, 0, batchOf('beside it'));
  session.append(topic, 7, batchOf('no such partition'));
  await expect(session.commit()).rejects.toMatchObject({
    outcome: 'aborted',
    stuck: [{ topic, partition: 7 }],
  });
  session.append(topic, 0, batchOf('without it'));
  await session.commit();
  expect((await visible(topic))(0)).toEqual(['without it']);
});

test('positions that the coordinator does not take in time abort the transaction', async () => {
  const { topic, session } = await begin({ transactionTimeoutMs: 3_000 });
  session.append(topic, 0, batchOf('without positions'));
  session.offsets(offsetsOf('no-such-topic', 1n));
  await expect(session.commit()).rejects.toMatchObject({ name: 'TransactionError', outcome: 'aborted' });
  session.append(topic, 0, batchOf('again'));
  session.offsets({ ...offsetsOf(topic, 1n), positions: [] });
  await session.commit();
  expect((await visible(topic))(0)).toEqual(['again']);
});

test('after an abort, even of nothing, the previous commit is visible: positions may be read', async () => {
  const { topic, session } = await begin();
  for (let round = 1; round <= 20; round++) {
    session.append(topic, 0, batchOf('committed'));
    await session.commit(); // decided, but usually its marker is still on the way
    await session.abort();
    const end = await listOffsets(cluster, topic, [0], 'latest', 'read_committed');
    expect(end.get(0)?.offset).toBe(2n * BigInt(round));
  }
});

test('while a transaction ends, nothing can be added to it and nobody else can end it', async () => {
  const { topic, session } = await begin();
  session.append(topic, 0, batchOf('in time'));
  const committing = session.commit();
  expect(() => session.append(topic, 0, batchOf('in no transaction'))).toThrow('is being ended');
  await expect(session.abort()).rejects.toThrow('is being ended');
  expect(await committing).toHaveLength(1);
  expect((await visible(topic))(0)).toEqual(['in time']);
});

test('a commit under way ends when its session is disposed of', async () => {
  const { topic, session } = await begin();
  session.append(topic, 7, batchOf('no such partition'));
  const committing = session.commit();
  setTimeout(() => void session[Symbol.asyncDispose](), 100);
  await expect(committing).rejects.toMatchObject({ code: 'CLOSED' });
});

async function begin(options: { transactionTimeoutMs?: number } = {}) {
  const topic = uniqueName('transactions');
  await proxied.kafka.createTopic(topic, { partitions: 3 });
  const transactionalId = uniqueName('txn');
  return { topic, transactionalId, session: await open(transactionalId, options) };
}

/** Resolves when the log of partition 0 ends at `offset`, records that are not visible included. */
async function endOf(topic: string, offset: bigint): Promise<void> {
  const end = async (): Promise<bigint | undefined> =>
    (await listOffsets(cluster, topic, [0], 'latest', 'read_uncommitted')).get(0)?.offset;
  await expect.poll(end, { timeout: 60_000, interval: 50 }).toBe(offset);
}

/** Whether it was committed; false when the transaction was aborted from outside. */
async function commitOne(session: TransactionSession, topic: string, value: string): Promise<boolean> {
  session.append(topic, 0, batchOf(value));
  try {
    await session.commit();
    return true;
  } catch (error) {
    if (error instanceof TransactionError && error.outcome === 'aborted') return false;
    throw error;
  }
}

async function open(
  transactionalId: string,
  options: { transactionTimeoutMs?: number } = {},
): Promise<TransactionSession> {
  const session = await openTransactionSession(cluster, { transactionalId, ...options });
  onTestFinished(() => session[Symbol.asyncDispose]());
  return session;
}

function batchOf(...values: string[]) {
  return encodeBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: Date.now() })),
  );
}

/**
 * Positions of a group without members: brokers allow that, and it shows whether they are part of the
 * transaction.
 */
function offsetsOf(topic: string, offset: bigint) {
  const positions = [{ topic, partition: 0, offset, leaderEpoch: -1 }];
  return { groupId: `group-${topic}`, memberId: '', memberEpoch: () => -1, positions };
}

/** What Java's read_committed consumer sees of the topic, by partition. */
async function visible(topic: string): Promise<(partition: number) => (string | undefined)[]> {
  const records = await proxied.kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  return (partition) =>
    records.filter((record) => record.partition === partition).map(({ value }) => value?.toString());
}

async function committed(topic: string): Promise<string | undefined> {
  const groups = await proxied.kafka.admin((admin) =>
    admin.fetchOffsets({ groupId: `group-${topic}`, topics: [topic] }),
  );
  return groups[0]?.partitions.find(({ partition }) => partition === 0)?.offset;
}
