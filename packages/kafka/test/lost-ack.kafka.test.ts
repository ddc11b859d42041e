import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import type { ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openCluster, startBatchProducer } from '../src/index.ts';
import type { Settlement } from '../src/index.ts';

// Contract test 1: one acknowledgement gets lost under concurrent sends. The usual Node clients lose records
// then.

let proxied: ProxiedKafka<TestKafka>;

beforeAll(async () => {
  proxied = await startProxiedKafka(startKafka, { brokers: 1, name: 'lost-ack' });
});

afterAll(() => proxied[Symbol.asyncDispose]());

const partitions = 3;
const records = 50;

test.each([
  [
    'the answer is dropped and the connection cut',
    () => proxied.proxies[0]!.dropNextResponse({ apiKey: apiKeys.produce }),
  ],
  [
    'the request is cut off before the broker has it',
    () => proxied.proxies[0]!.cutBeforeRequest({ apiKey: apiKeys.produce }),
  ],
])('50 concurrent appends are each stored once, in order, when %s', async (_, arm) => {
  const { topic, send } = await producerOf({ lingerMs: 0 });
  await send('warm', partitions);
  for (let round = 0; round < 5; round++) {
    const trap = arm();
    const settled = await send(`round-${round}`, records);
    await trap.struck;
    expect(settled.every(({ outcome }) => outcome === 'written')).toBe(true);
  }
  await expectOnceInOrder(topic, ['warm', ...Array.from({ length: 5 }, (__, round) => `round-${round}`)]);
});

test('an answer that never comes on an open connection is handled like a cut connection', async () => {
  const { topic, send } = await producerOf({ lingerMs: 0, requestTimeoutMs: 1_000 });
  await send('warm', partitions);
  const trap = proxied.proxies[0]!.dropNextResponse({ apiKey: apiKeys.produce, thenCut: false });
  const settled = await send('round-0', records);
  await trap.struck;
  expect(settled.every(({ outcome }) => outcome === 'written')).toBe(true);
  await expectOnceInOrder(topic, ['warm', 'round-0']);
});

test('without a broker what was sent becomes unknown in time, and what was not, refused', async () => {
  const { send } = await producerOf({ lingerMs: 0, deliveryTimeoutMs: 1_500, requestTimeoutMs: 1_000 });
  await send('warm', partitions);
  proxied.proxies[0]!.stall();
  onTestFinished(() => proxied.proxies[0]!.pass());
  const settled = await send('sent', partitions);
  expect(new Set(settled.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
  const late = await send('late', partitions);
  expect(late.every(({ outcome }) => outcome !== 'written')).toBe(true);
  await proxied.proxies[0]!.pass();
  proxied.proxies[0]!.cut();
  const after = await send('after', partitions);
  expect(after.every(({ outcome }) => outcome === 'written')).toBe(true);
});

test('what is appended while a broker refuses connections becomes refused, not unknown', async () => {
  const { send } = await producerOf({ lingerMs: 0, deliveryTimeoutMs: 1_500 });
  const [proxy] = proxied.proxies;
  await send('warm', partitions);
  await proxy!.refuse();
  onTestFinished(() => proxy!.pass());
  proxy!.cut();
  const settled = await send('not sent', partitions);
  expect(settled.map(({ outcome }) => outcome)).toEqual(Array.from({ length: partitions }, () => 'refused'));
  await proxy!.pass();
  const after = await send('after', partitions);
  expect(after.every(({ outcome }) => outcome === 'written')).toBe(true);
});

test('at its memory bound the producer takes nothing until there is room again', async () => {
  const { producer, topic, settlements } = await producerOf({ lingerMs: 0, memoryBytes: 10_000 });
  const record = { key: null, value: Buffer.alloc(4_000), timestampMs: Date.now() };
  expect(producer.append(topic, 0, record, 1)).toBe(true);
  expect(producer.append(topic, 0, record, 2)).toBe(true);
  expect(producer.append(topic, 0, record, 3)).toBe(false);
  await producer.drain();
  expect(settlements.flatMap(({ tokens }) => tokens)).toEqual([1, 2]);
  expect(producer.bufferedBytes).toBe(0);
  expect(producer.append(topic, 0, record, 4)).toBe(true);
});

test('what is appended from the callback of a late batch comes after what still waits', async () => {
  const topic = uniqueName('lost-ack');
  await proxied.kafka.createTopic(topic, { partitions: 1 });
  await using cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'lost-ack' });
  const [proxy] = proxied.proxies;
  await using producer = await startBatchProducer(cluster, {
    lingerMs: 0,
    batchBytes: 1,
    deliveryTimeoutMs: 3_000,
    onSettled({ tokens, outcome }) {
      if (outcome === 'written') return;
      expect(tokens).toEqual(['too late']);
      append('after 1', 'after 2');
      void proxy!.pass();
    },
  });
  function append(...values: string[]): void {
    for (const value of values)
      producer.append(topic, 0, { key: null, value: Buffer.from(value), timestampMs: Date.now() }, value);
  }
  append('before');
  await producer.drain();
  await proxy!.refuse();
  proxy!.cut();
  append('too late');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  append('waits 1', 'waits 2');
  await producer.drain();
  const seen = await proxied.kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  const values = seen.map(({ value }) => value?.toString());
  expect(values).toEqual(['before', 'waits 1', 'waits 2', 'after 1', 'after 2']);
});

async function producerOf(options: {
  lingerMs: number;
  requestTimeoutMs?: number;
  deliveryTimeoutMs?: number;
  memoryBytes?: number;
}) {
  const { requestTimeoutMs = 10_000, ...producerOptions } = options;
  const topic = uniqueName('lost-ack');
  await proxied.kafka.createTopic(topic, { partitions });
  const cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'lost-ack', requestTimeoutMs });
  const settlements: Settlement<number>[] = [];
  const producer = await startBatchProducer<number>(cluster, {
    ...producerOptions,
    onSettled: (settlement) => settlements.push(settlement),
  });
  onTestFinished(async () => {
    await producer[Symbol.asyncDispose]();
    await cluster[Symbol.asyncDispose]();
  });
  const send = async (name: string, count: number): Promise<Settlement<number>[]> => {
    settlements.length = 0;
    for (let index = 0; index < count; index++) {
      producer.append(
        topic,
        index % partitions,
        { key: null, value: Buffer.from(`${name} ${index}`), timestampMs: Date.now() },
        index,
      );
      // One batch per record and partition, several in flight.
      if (index % partitions === partitions - 1) await new Promise((resolve) => setImmediate(resolve));
    }
    await producer.drain();
    return [...settlements];
  };
  return { topic, producer, settlements, send };
}

async function expectOnceInOrder(topic: string, names: string[]): Promise<void> {
  const expected = names.length === 0 ? 0 : partitions + records * (names.length - 1);
  const seen = await proxied.kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  expect(seen).toHaveLength(expected);
  for (let partition = 0; partition < partitions; partition++) {
    const values = seen
      .filter((record) => record.partition === partition)
      .map(({ value }) => value?.toString());
    const wanted = names.flatMap((name) =>
      Array.from({ length: name === 'warm' ? partitions : records }, (_, index) => index)
        .filter((index) => index % partitions === partition)
        .map((index) => `${name} ${index}`),
    );
    expect(values).toEqual(wanted);
  }
}
