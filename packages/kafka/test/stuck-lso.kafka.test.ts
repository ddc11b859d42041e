import { givenBootstrap, startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { restamp } from '../src/bytes/restamp.ts';
import {
  encodeBatch,
  listOffsets,
  openCluster,
  openTransactionSession,
  stuckTransactions,
  writeMarker,
} from '../src/index.ts';
import type { Cluster } from '../src/index.ts';
import { produceRequest } from '../src/requests/produce.ts';
import { initProducerIdRequest } from '../src/requests/transaction.ts';

// This test starts a broker that does not verify that a partition is part of a transaction. So a transaction
// can be left open without its coordinator's knowledge, as KAFKA-20734 does it.

const hourAgoMs = Date.now() - 3_600_000;
let kafka: TestKafka;
let cluster: Cluster;

beforeAll(async () => {
  if (givenBootstrap() !== undefined) return;
  kafka = await startKafka({
    name: 'stuck-lso',
    settings: { 'transaction.partition.verification.enable': 'false' },
  });
  cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'stuck-lso' });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await kafka?.[Symbol.asyncDispose]();
});

test.skipIf(givenBootstrap() !== undefined)(
  'a transaction that its coordinator will still end is not stuck, however old its records are',
  async () => {
    const topic = await createTopic();
    const session = await openTransactionSession(cluster, { transactionalId: uniqueName('txn') });
    onTestFinished(() => session[Symbol.asyncDispose]());
    session.append(topic, 0, oldBatch());
    await expect.poll(() => endOf(topic, 'read_uncommitted')).toBe(1n);
    expect(await stuck(topic)).toEqual([]);
    await session.commit();
    expect(await stuck(topic)).toEqual([]);
    await expect.poll(() => endOf(topic, 'read_committed')).toBe(2n);
  },
);

test.skipIf(givenBootstrap() !== undefined).each(['commit', 'abort'] as const)(
  'a transaction that nobody will end is found, as Java finds it, and ended by the marker for %s',
  async (outcome) => {
    const topic = await createTopic();
    const { transactionalId, producerId } = await leaveOpen(topic);
    const [found, ...others] = await stuck(topic);
    expect(found).toMatchObject({ topic, partition: 0, producerId, firstOffset: 0n, transactionalId });
    expect(found?.why).toContain('is Empty in epoch 0');
    expect(others).toEqual([]);
    expect(await hangingByJava(topic)).toContain(String(producerId));
    expect(await endOf(topic, 'read_committed')).toBe(0n);

    await writeMarker(cluster, found!, outcome);
    expect(await stuck(topic)).toEqual([]);
    expect(await hangingByJava(topic)).not.toContain(String(producerId));
    expect(await endOf(topic, 'read_committed')).toBe(2n);
    const seen = await kafka.consoleConsume(topic, { timeoutMs: 3_000 });
    expect(seen.map(({ value }) => String(value))).toEqual(outcome === 'commit' ? ['old'] : []);
  },
);

async function createTopic(): Promise<string> {
  const topic = uniqueName('stuck');
  await kafka.createTopic(topic, { configs: { 'retention.ms': '-1' } });
  await cluster.topic(topic);
  return topic;
}

/** A batch of a transaction v1, which its coordinator never hears of. */
async function leaveOpen(topic: string) {
  const transactionalId = uniqueName('txn');
  using connections = cluster.connectionsFor('test');
  const coordinator = await cluster.coordinator('transaction', transactionalId);
  const identity = await connections.call(
    coordinator,
    initProducerIdRequest,
    transactionalId,
    10_000,
    -1n,
    -1,
  );
  const { producerId, producerEpoch } = identity;
  const { bytes } = oldBatch();
  restamp(bytes, { producerId, producerEpoch, baseSequence: 0, transactional: true });
  const { leader } = (await cluster.topic(topic)).partitions[0]!;
  const partitions = [{ partition: 0, parts: [bytes], byteCount: bytes.length }];
  const firstKind = { ...produceRequest, version: 11 };
  const [answer] = await connections.call(leader, firstKind, transactionalId, 5_000, [{ topic, partitions }]);
  expect(answer?.code).toBe('NONE');
  return { transactionalId, producerId };
}

function stuck(topic: string) {
  return stuckTransactions(cluster, [{ topic, partition: 0 }], { quietMs: 60_000 });
}

/** The Java client's search for hanging transactions, which are those older than 15 minutes. */
async function hangingByJava(topic: string): Promise<string> {
  const { stdout } = await kafka.tool('kafka-transactions', [
    'find-hanging',
    '--topic',
    topic,
    '--partition',
    '0',
  ]);
  return stdout.toString();
}

async function endOf(topic: string, isolation: 'read_committed' | 'read_uncommitted') {
  return (await listOffsets(cluster, topic, [0], 'latest', isolation)).get(0)?.offset;
}

function oldBatch() {
  return encodeBatch([{ key: null, value: Buffer.from('old'), timestampMs: hourAgoMs }]);
}
