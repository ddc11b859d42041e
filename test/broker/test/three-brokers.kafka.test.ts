import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestBroker, type TestKafka, givenBootstrap, startKafka, uniqueName } from '../src/index.ts';
import { produceLines } from './produce-lines.fixture.ts';

describe.skipIf(givenBootstrap())('three brokers', () => {
  let kafka: TestKafka;

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3, name: 'three' });
  });
  afterAll(() => kafka[Symbol.asyncDispose]());

  test('one of them is killed: every record is still there, and the other two accept new ones', async () => {
    const topic = uniqueName('survives');
    await kafka.createTopic(topic, { partitions: 6 });
    const before = Array.from({ length: 60 }, (_, index) => `before ${index}`);
    await produceLines(kafka, topic, before);

    const victim = kafka.brokers[0] as TestBroker;
    await victim.kill();
    const after = Array.from({ length: 60 }, (_, index) => `after ${index}`);
    await produceLines(kafka, topic, after);

    const records = await kafka.consoleConsume(topic, { maxMessages: 120, timeoutMs: 20_000 });
    expect(new Set(records.map((record) => record.value?.toString()))).toEqual(
      new Set([...before, ...after]),
    );

    await victim.start();
    await expect
      .poll(() => replicasInSync(kafka, topic), { interval: 500 })
      .toEqual(Array.from({ length: 6 }, () => 3));
  });
});

function replicasInSync(kafka: TestKafka, topic: string): Promise<number[]> {
  return kafka.admin(async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics.flatMap(({ partitions }) => partitions.map((partition) => partition.isr.length));
  });
}
