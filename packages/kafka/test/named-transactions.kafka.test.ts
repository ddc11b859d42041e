import { startKafka, uniqueName, type TestKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka, type ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeBatch, namedTransactions, openCluster, openTransactionSession } from '../src/index.ts';

let far: ProxiedKafka<TestKafka>;

beforeAll(async () => {
  far = await startProxiedKafka(startKafka, { name: 'named-transactions' });
}, 120_000);
afterAll(() => far?.[Symbol.asyncDispose]());

test('an open transaction is told although a coordinator does not say whose it is', async () => {
  await using opened = await openOne();
  await using cluster = await openCluster({
    bootstrap: far.kafka.bootstrap,
    clientId: 'test',
    requestTimeoutMs: 10_000,
  });
  expect(await namedTransactions(cluster, opened.partitions)).toMatchObject([opened.named]);
  const trap = far.proxies[0]!.swallowNextRequest({ apiKey: apiKeys.listTransactions });
  const found = await namedTransactions(cluster, opened.partitions, { timeoutMs: 5_000 });
  await trap.struck;
  expect(found).toMatchObject([{ ...opened.named, transactionalId: undefined }]);
});

test('whoever asks a broker that hangs ends with the signal', async () => {
  await using opened = await openOne();
  await using cluster = await openCluster({
    bootstrap: far.kafka.bootstrap,
    clientId: 'test',
    requestTimeoutMs: 600_000,
  });
  const ending = new AbortController();
  const trap = far.proxies[0]!.swallowNextRequest({ apiKey: apiKeys.listTransactions });
  const asked = namedTransactions(cluster, opened.partitions, { signal: ending.signal });
  const ended = asked.catch((reason: unknown) => reason);
  await trap.struck;
  ending.abort('drop');
  expect(await ended).toBe('drop');
});

/** A transaction that is open in a topic of its own. */
async function openOne() {
  await using stack = new AsyncDisposableStack();
  const cluster = stack.use(await openCluster({ bootstrap: far.kafka.inside, clientId: 'test' }));
  const topic = uniqueName('open');
  await far.kafka.createTopic(topic, { partitions: 1 });
  const transactionalId = uniqueName('owner');
  const session = stack.use(await openTransactionSession(cluster, { transactionalId }));
  session.append(topic, 0, encodeBatch([{ key: null, value: Buffer.from('open'), timestampMs: Date.now() }]));
  const partitions = [{ topic, partition: 0 }];
  await expect
    .poll(async () => (await namedTransactions(cluster, partitions)).length, { timeout: 60_000 })
    .toBe(1);
  const owned = stack.move();
  const named = { topic, partition: 0, firstOffset: 0n, transactionalId };
  return { partitions, named, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
