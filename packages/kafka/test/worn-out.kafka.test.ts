import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { producerIdAt } from '../src/bytes/batch-header.ts';
import { producerEpochMax } from '../src/bytes/sequence.ts';
import {
  BatchProducer,
  encodeBatch,
  openCluster,
  openTransactionSession,
  startFetcher,
} from '../src/index.ts';
import type { BatchProducerOptions } from '../src/produce/producer-options.ts';
import type { Cluster } from '../src/index.ts';
import { newProducerId } from '../src/produce/new-producer-id.ts';
import { initProducerIdRequest } from '../src/requests/transaction.ts';

// Contract test 3: what happens after the last sequence and after the last epoch. With four commits a second,
// the epochs last two hours.

test('the epochs of a transactional id run out, and its transactions go on', async () => {
  const { cluster, connections, kafka, topic } = await begin();
  const transactionalId = uniqueName('worn-out');
  const coordinator = await cluster.coordinator('transaction', transactionalId);
  const init = (id: bigint, epoch: number) =>
    connections.call(coordinator, initProducerIdRequest, transactionalId, 10_000, id, epoch);
  let { producerId, producerEpoch } = await init(-1n, -1);
  while (producerEpoch < 32_760) {
    // Many at a time, to be done sooner: the broker serves them in order, and each raises the epoch by one.
    const ahead = Array.from({ length: Math.min(50, 32_760 - producerEpoch) }, (_, index) => index);
    const answers = await Promise.all(ahead.map((index) => init(producerId, producerEpoch + index)));
    for (const answer of answers) if (answer.errorCode === 0) ({ producerId, producerEpoch } = answer);
  }
  await using session = await openTransactionSession(cluster, { transactionalId });
  for (let round = 0; round < 12; round++) {
    session.append(topic, 0, batchOf(String(round)));
    if (round % 4 === 3) await session.abort();
    else await session.commit();
  }
  const seen = await kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  expect(seen.map(({ value }) => Number(value))).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10]);
  const after = await connections.call(coordinator, initProducerIdRequest, transactionalId, 10_000, -1n, -1);
  expect(after.producerId).not.toBe(producerId);
});

test('sequences and then epochs of a producer run out: its records go on, once and in order', async () => {
  const { cluster, kafka, topic } = await begin();
  const producerId = await newProducerId(cluster, 10_000);
  const outcomes: string[] = [];
  const options: BatchProducerOptions<string> = {
    lingerMs: 0,
    batchBytes: 200, // a few records each, so that the wrap falls into a batch
    onSettled: ({ outcome, tokens }) => outcomes.push(...tokens.map((token) => `${token} ${outcome}`)),
  };
  const atTheEnd = { producerEpoch: producerEpochMax, nextSequence: 0x7fffffff - 10 };
  await using producer = new BatchProducer(cluster, producerId, options, atTheEnd);
  const append = (name: string, value = name): boolean =>
    producer.append(topic, 0, { key: null, value: Buffer.from(value), timestampMs: Date.now() }, name);
  const before = Array.from({ length: 30 }, (_, index) => `before ${index}`);
  for (const name of before) append(name);
  await producer.drain();
  // It is refused, so the sequence has a gap. The next epoch would close it, but there is none left.
  append('too large', 'x'.repeat(messageBytesMax + 1));
  const after = Array.from({ length: 30 }, (_, index) => `after ${index}`);
  for (const name of after) append(name);
  await producer.drain();
  const written = [...before, ...after];
  expect(outcomes.toSorted()).toEqual(
    ['too large refused', ...written.map((name) => `${name} written`)].toSorted(),
  );
  const seen = await kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  expect(seen.map(({ value }) => String(value))).toEqual(written);
  expect(await producerIdsIn(cluster, topic, written.length)).toHaveLength(2);
});

async function producerIdsIn(cluster: Cluster, topic: string, records: number): Promise<bigint[]> {
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
  const ids = new Set<bigint>();
  for (let seen = 0; seen < records;) {
    for (const { batches } of await fetcher.next({ maxWaitMs: 10_000 })) {
      for (const { bytes, count } of batches) {
        ids.add(producerIdAt(bytes, 0));
        seen += count;
      }
    }
  }
  return [...ids];
}

const messageBytesMax = 2_000;

async function begin() {
  const kafka = await sharedKafka();
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'worn-out' });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const topic = uniqueName('worn-out');
  await kafka.createTopic(topic, { configs: { 'max.message.bytes': String(messageBytesMax) } });
  return { kafka, cluster, topic, connections: cluster.connectionsFor('test') };
}

function batchOf(...values: string[]) {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: Date.now() }));
  return encodeBatch(records);
}
