import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { committedOffsets, listOffsets, openCluster, startBatchProducer } from '../src/index.ts';
import type { Cluster, CommittedOffset } from '../src/index.ts';

let kafka: TestKafka;
let cluster: Cluster;
let topic: string;

beforeAll(async () => {
  kafka = await sharedKafka();
  cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'positions-test' });
  topic = uniqueName('positions');
  await kafka.createTopic(topic, { partitions: 3 });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

function positions(
  groupId: string,
  options: { timeoutMs?: number } = {},
): Promise<Map<string, CommittedOffset | null>> {
  const partitions = [0, 1, 2].map((partition) => ({ topic, partition }));
  return committedOffsets(cluster, { groupId, memberId: null, memberEpoch: -1, partitions, ...options });
}

/** kafkajs sends the offsets at once, so they are pending until the transaction ends. */
async function openOffsets(
  groupId: string,
  offset: string,
): Promise<{ commit(): Promise<void>; abort(): Promise<void> }> {
  const client = new Kafka({ brokers: kafka.bootstrap, logLevel: logLevel.NOTHING });
  const producer = client.producer({
    transactionalId: uniqueName('offsets'),
    maxInFlightRequests: 1,
    idempotent: true,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ partition: 2, value: 'output' }] });
  await transaction.sendOffsets({
    consumerGroupId: groupId,
    topics: [{ topic, partitions: [{ partition: 0, offset }] }],
  });
  return {
    commit: async () => {
      await transaction.commit();
      await producer.disconnect();
    },
    abort: async () => {
      await transaction.abort();
      await producer.disconnect();
    },
  };
}

describe('committed offsets', () => {
  test('of a group that never committed are null', async () => {
    const found = await positions(uniqueName('new'));
    expect([...found.values()]).toEqual([null, null, null]);
  });

  test('wait for a transaction that holds them, and are its own when it commits', async () => {
    const group = uniqueName('committing');
    const open = await openOffsets(group, '20');
    let settled = false;
    const asked = positions(group).finally(() => (settled = true));
    await sleep(700);
    expect(settled).toBe(false);
    await open.commit();
    expect((await asked).get(`${topic}-0`)).toMatchObject({ offset: 20n });
    expect((await asked).get(`${topic}-1`)).toBeNull();
  });

  test('are the earlier ones when the transaction is aborted', async () => {
    const group = uniqueName('aborting');
    await (await openOffsets(group, '10')).commit();
    const open = await openOffsets(group, '20');
    const asked = positions(group);
    await sleep(200);
    await open.abort();
    expect((await asked).get(`${topic}-0`)).toMatchObject({ offset: 10n });
  });

  test('fail with the reason when time is up', async () => {
    const group = uniqueName('stuck');
    const open = await openOffsets(group, '1');
    await expect(positions(group, { timeoutMs: 200 })).rejects.toMatchObject({
      code: 'UNSTABLE_OFFSET_COMMIT',
    });
    await open.abort();
  });
});

describe('listed offsets', () => {
  test('are the start, the end, and the first record from a time on', async () => {
    const listed = uniqueName('listed');
    await kafka.createTopic(listed, { partitions: 2 });
    const now = Date.now();
    await using producer = await startBatchProducer(cluster, { onSettled() {} });
    for (let i = 0; i < 10; i++) {
      producer.append(listed, 1, { key: null, value: Buffer.from('v'), timestampMs: now + i * 1_000 }, i);
    }
    await producer.drain();
    const offsets = async (at: Parameters<typeof listOffsets>[3]): Promise<bigint[]> => {
      const found = await listOffsets(cluster, listed, [0, 1], at, 'read_committed');
      return [found.get(0)!.offset, found.get(1)!.offset];
    };
    expect(await offsets('earliest')).toEqual([0n, 0n]);
    expect(await offsets('latest')).toEqual([0n, 10n]);
    expect(await offsets({ timestampMs: now + 2_500 })).toEqual([-1n, 3n]);
  });

  test('fail when time is up for a topic that does not exist', async () => {
    const asked = listOffsets(cluster, uniqueName('missing'), [0], 'latest', 'read_committed', {
      timeoutMs: 300,
    });
    await expect(asked).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  });

  test('end with the signal while the topic does not exist', async () => {
    const asked = listOffsets(cluster, uniqueName('missing'), [0], 'latest', 'read_committed', {
      timeoutMs: 3_000,
      signal: AbortSignal.timeout(300),
    });
    await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
