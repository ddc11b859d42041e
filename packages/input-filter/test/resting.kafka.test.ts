import { givenBootstrap, startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { FilterProcess } from './filter-process.ts';
import type { FilterTopics } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { clientOf, write } from './topic-io.ts';

test.skipIf(givenBootstrap() !== undefined)(
  'an output partition that takes nothing holds up its own raw partition only, and loses and doubles nothing',
  async () => {
    await using kafka = await startKafka({ name: 'filter-resting', brokers: 3 });
    const topics = await createTopics(kafka);
    const cluster = await clientOf(kafka);
    await cluster.topic(topics.clean);
    const filter = await FilterProcess.start(kafka, topics);
    const feed = (from: number, to: number) =>
      Promise.all([0, 1, 2].map((partition) => write(cluster, topics.raw, sequence(from, to), partition)));
    const committed = async (partition: number) =>
      Number((await filter.partitions()).find((each) => each.partition === partition)?.committed ?? 0);
    await feed(0, 50);
    await filter.untilCommitted(150n);
    await cluster.refresh(topics.clean);
    await new Promise((resolve) => setTimeout(resolve, 1_000)); // nothing is undecided when the broker dies

    await kafka.brokers[0]!.kill();
    const killedAtMs = Date.now();
    await feed(50, 100);
    await filter.until(
      async () => (await committed(1)) === 100 && (await committed(2)) === 100,
      'the others go on',
    );
    const stallMs = Date.now() - killedAtMs;
    const states = async () => (await filter.partitions()).map(({ state }) => state).join();
    await filter.until(async () => (await states()) === 'resting,running,running', 'the one rests');
    await feed(100, 150);
    await filter.until(async () => (await committed(1)) === 150 && (await committed(2)) === 150, 'and on');
    expect(await committed(0)).toBe(50);
    expect(stallMs).toBeLessThan(30_000);

    await kafka.brokers[0]!.start();
    await filter.untilCommitted(450n);
    expect(await states()).toBe('running,running,running');
    expect(await filter.stop()).toBe(0);
    for (const partition of [0, 1, 2]) {
      expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, 150));
    }
  },
  400_000,
);

/** Everything on all three brokers, but for clean: partition p on broker p + 1 alone. */
async function createTopics(kafka: TestKafka): Promise<FilterTopics> {
  const name = uniqueName('filter');
  const topics = {
    raw: `${name}.raw`,
    clean: `${name}.clean`,
    rejected: `${name}.rejected`,
    seen: `${name}.seen`,
  };
  await kafka.createTopic(topics.raw, { partitions: 3 });
  await kafka.createTopic(topics.seen, { partitions: 3 });
  await kafka.createTopic(topics.rejected, { partitions: 3, configs: { 'max.message.bytes': '1200000' } });
  const replicaAssignment = [0, 1, 2].map((partition) => ({ partition, replicas: [partition + 1] }));
  const configEntries = [{ name: 'min.insync.replicas', value: '1' }];
  await kafka.admin((admin) =>
    admin.createTopics({
      waitForLeaders: false,
      topics: [{ topic: topics.clean, replicaAssignment, configEntries }],
    }),
  );
  return topics;
}
