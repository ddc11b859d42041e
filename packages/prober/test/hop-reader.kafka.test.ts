import { openCluster } from '@penstock/kafka';
import { createLog } from '@penstock/service';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { Kafka, logLevel, type Producer } from 'kafkajs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { pause } from '../src/pause.ts';
import { HopReader, type HopReaderOptions } from '../src/watch/hop-reader.ts';
import { makeAnew } from './make-anew.ts';

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

test.each([4, 2, 6])(
  'a topic that is made anew, with %i partitions instead of 4, is told once, before anything of it',
  async (madeAnew) => {
    const kafka = await sharedKafka();
    const topic = uniqueName('hop-made-anew');
    await kafka.createTopic(topic, { partitions: partitions.length });
    const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'hop-reader', log });
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    const told: string[] = [];
    const reader = await HopReader.start({
      ...{ cluster, topic, log, from: {} },
      visit: ({ value }) => void told.push(value!.toString()),
      onRead() {},
      onGap: (anew) => void told.push(anew ? 'anew' : 'gap'),
    });
    onTestFinished(() => reader[Symbol.asyncDispose]());
    const producer = await startProducer(kafka.bootstrap);
    await producer.send({ topic, messages: partitions.map((partition) => ({ partition, value: 'old' })) });
    await vi.waitUntil(() => told.length === partitions.length, within);
    await makeAnew(kafka.bootstrap, cluster, topic, madeAnew);
    const all = [...Array(madeAnew).keys()];
    const messages = all.map((partition) => ({ partition, value: 'new' }));
    // Another one: the first may still know the partitions of the old topic.
    await (await startProducer(kafka.bootstrap)).send({ topic, messages });
    const isThrough = (): boolean =>
      told.filter((one) => one === 'new').length === madeAnew && reader.trouble === undefined;
    await vi.waitUntil(isThrough, within);
    expect(told).toEqual([...partitions.map(() => 'old'), 'anew', ...all.map(() => 'new')]);
  },
);

test('a topic that was made anew while nobody read it is told, and read from its beginning', async () => {
  const kafka = await sharedKafka();
  const topic = uniqueName('hop-made-anew');
  await kafka.createTopic(topic, { partitions: 2 });
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'hop-reader', log });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  const told: string[] = [];
  const options: HopReaderOptions = {
    ...{ cluster, topic, log, from: {} },
    visit: ({ value }) => void told.push(value!.toString()),
    onRead() {},
    onGap: (anew) => void told.push(anew ? 'anew' : 'gap'),
  };
  const first = await HopReader.start(options);
  const messages = [0, 1].map((partition) => ({ partition, value: 'old' }));
  await (await startProducer(kafka.bootstrap)).send({ topic, messages });
  await vi.waitUntil(() => told.length === 2, within);
  const [from, fromTopicIds] = [first.offsets(), first.topicIds()];
  await first[Symbol.asyncDispose]();
  await makeAnew(kafka.bootstrap, cluster, topic, 3);
  // More than was read of the old one: its offsets alone do not tell.
  const all = [0, 0, 1, 1, 2, 2].map((partition) => ({ partition, value: 'new' }));
  await (await startProducer(kafka.bootstrap)).send({ topic, messages: all });
  const second = await HopReader.start({ ...options, from, fromTopicIds });
  onTestFinished(() => second[Symbol.asyncDispose]());
  await vi.waitUntil(() => second.provenAt > 0, within);
  expect(told).toEqual(['old', 'old', 'anew', ...all.map(() => 'new')]);
});

/** A record into each partition every few ms, until the test ends. */
async function keepWriting(bootstrap: readonly string[], topic: string): Promise<void> {
  const producer = await startProducer(bootstrap);
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
  });
}

async function startProducer(bootstrap: readonly string[]): Promise<Producer> {
  const producer = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING }).producer();
  await producer.connect();
  onTestFinished(() => producer.disconnect());
  return producer;
}
