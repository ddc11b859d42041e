import { givenBootstrap, startKafka } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openCluster, startBatchProducer } from '../src/index.ts';

/** Long for a leader that answers alone, and far from the 30 s after which a silent follower is given up. */
const silentMs = 2_000;

test.skipIf(givenBootstrap() !== undefined)(
  'a batch is not written while one replica in sync does not have it',
  async () => {
    await using kafka = await startKafka({ name: 'every-replica', brokers: 3 });
    const topic = 'every-replica';
    await kafka.createTopic(topic, { replicationFactor: 2, configs: { 'min.insync.replicas': '2' } });
    await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: topic });
    const told: string[] = [];
    await using producer = await startBatchProducer<string>(cluster, {
      onSettled: ({ outcome, tokens }) => void told.push(...tokens.map((token) => `${token} ${outcome}`)),
    });
    const append = (token: string) =>
      producer.append(topic, 0, { key: null, value: Buffer.from(token), timestampMs: Date.now() }, token);
    // From here on it is connected, and knows the leader.
    append('first');
    await expect.poll(() => told, { timeout: 30_000 }).toEqual(['first written']);
    const topics = [topic];
    const metadata = await kafka.admin((admin) => admin.fetchTopicMetadata({ topics }));
    const { leader, isr } = metadata.topics[0]!.partitions[0]!;
    const follower = kafka.brokers.find(({ id }) => isr.includes(id) && id !== leader)!;

    await follower.pause();
    append('second');
    await sleep(silentMs);
    expect(told).toEqual(['first written']);
    await follower.resume();
    await expect.poll(() => told, { timeout: 60_000 }).toEqual(['first written', 'second written']);
  },
  180_000,
);
