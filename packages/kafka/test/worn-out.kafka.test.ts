import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { restamp } from '../src/bytes/restamp.ts';
import { sequenceAfter } from '../src/bytes/sequence.ts';
import { encodeBatch, openCluster, openTxnSession } from '../src/index.ts';
import { newProducerId } from '../src/produce/producer-identity.ts';
import { produceRequest } from '../src/requests/produce.ts';
import { initProducerIdRequest } from '../src/requests/transaction.ts';

// Contract test 3: what comes after the last sequence and after the last epoch. At four commits a second epochs last two hours.

test(
  'the epochs of a transactional id run out, and its transactions go on',
  { timeout: 90_000 },
  async () => {
    const { cluster, link, kafka, topic } = await begin();
    const transactionalId = uniqueName('worn-out');
    const coordinator = await cluster.coordinator('transaction', transactionalId);
    let producerId = -1n;
    for (let epoch = -1; epoch < 32_760;) {
      const init = [transactionalId, 10_000, producerId, epoch] as const;
      const answer = await link.call(coordinator, initProducerIdRequest, ...init);
      if (answer.errorCode === 0) ({ producerId, producerEpoch: epoch } = answer);
    }
    await using session = await openTxnSession(cluster, { transactionalId });
    for (let round = 0; round < 12; round++) {
      session.append(topic, 0, batchOf(String(round)));
      if (round % 4 === 3) await session.abort();
      else await session.commit();
    }
    const seen = await kafka.consoleConsume(topic, { timeoutMs: 3_000 });
    expect(seen.map(({ value }) => Number(value))).toEqual([0, 1, 2, 4, 5, 6, 8, 9, 10]);
    const after = await link.call(coordinator, initProducerIdRequest, transactionalId, 10_000, -1n, -1);
    expect(after.producerId).not.toBe(producerId);
  },
);

test('sequences go on at 0 behind 2^31-1, as the broker counts them', async () => {
  const { cluster, link, kafka, topic } = await begin();
  const identity = await newProducerId(cluster, 10_000);
  const { leader } = (await cluster.topic(topic)).partitions[0]!;
  // A broker that does not know the producer takes any first sequence.
  let baseSequence = 0x7fffffff - 4;
  for (const values of [['a', 'b', 'c'], ['d', 'e', 'f', 'g'], ['h']]) {
    const batch = batchOf(...values);
    restamp(batch.bytes, { ...identity, baseSequence, transactional: false });
    const partitions = [{ partition: 0, batch: batch.bytes }];
    const [answer] = await link.call(leader, produceRequest, null, 5_000, [{ topic, partitions }]);
    expect(answer?.code).toBe('NONE');
    baseSequence = sequenceAfter(baseSequence, batch.count);
  }
  expect(baseSequence).toBe(3);
  const seen = await kafka.consoleConsume(topic, { timeoutMs: 3_000 });
  expect(seen.map(({ value }) => String(value)).join('')).toBe('abcdefgh');
});

async function begin() {
  const kafka = await sharedKafka();
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'worn-out' });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const topic = uniqueName('worn-out');
  await kafka.createTopic(topic, { partitions: 1 });
  return { kafka, cluster, topic, link: cluster.link('test') };
}

function batchOf(...values: string[]) {
  const records = values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: Date.now() }));
  return encodeBatch(records);
}
