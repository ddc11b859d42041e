import { openCluster } from '@penstock/kafka';
import { createLog } from '@penstock/service';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { Kafka, logLevel } from 'kafkajs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pause } from '../src/pause.ts';
import { HopReader } from '../src/watch/hop-reader.ts';

const log = createLog({ service: 'prober', level: 'fatal' });
const partitions = [0, 1, 2, 3];
const within = { timeout: 40_000, interval: 20 };

test('a hop that is written to all the time stays proven', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('busy-hop');
  await kafka.createTopic(topic, { partitions: partitions.length });
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'hop-reader', log });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  await keepWriting(kafka.bootstrap, topic);
  let visited = 0;
  const reader = await HopReader.start({
    ...{ cluster, topic, log, from: {} },
    visit: () => void (visited += 1),
    onRead() {},
    onGap() {},
  });
  onTestFinished(() => reader[Symbol.asyncDispose]());
  const proofs = new Set<number>();
  const troubles = new Set<string | undefined>();
  const look = (): boolean => {
    proofs.add(reader.provenAt);
    troubles.add(reader.trouble);
    return proofs.size > 8 || troubles.size > 1;
  };
  await vi.waitUntil(look, within);
  expect([...troubles]).toEqual([undefined]);
  expect(visited).toBeGreaterThan(0);
});

/** A record into each partition every few ms, until the test ends. */
async function keepWriting(bootstrap: readonly string[], topic: string): Promise<void> {
  const producer = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  const stop = new AbortController();
  const writing = (async () => {
    const messages = partitions.map((partition) => ({ partition, value: 'x' }));
    while (!stop.signal.aborted) {
      await producer.send({ topic, messages });
      await pause(5, stop.signal);
    }
  })();
  onTestFinished(async () => {
    stop.abort();
    await writing;
    await producer.disconnect();
  });
}
