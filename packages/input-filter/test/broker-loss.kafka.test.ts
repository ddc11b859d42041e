import { givenBootstrap, startKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { clientOf, write } from './topic-io.ts';

test.skipIf(givenBootstrap() !== undefined)(
  'a broker that is killed and restarted under load costs time, but no event and no copy',
  async () => {
    await using kafka = await startKafka({ name: 'filter-broker-loss' });
    const topics = await createFilterTopics(kafka, { partitions: 2 });
    const cluster = await clientOf(kafka);
    const filter = await FilterProcess.start(kafka, topics);
    let written = 0;
    for (let kill = 0; kill < 2; kill += 1) {
      const from = written;
      written += 2_000;
      const records = sequence(from, written);
      const feeding = Promise.all([0, 1].map((partition) => write(cluster, topics.raw, records, partition)));
      await new Promise((resolve) => setTimeout(resolve, 100 + kill * 200));
      await kafka.brokers[0]!.kill();
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await kafka.brokers[0]!.start();
      await feeding;
    }
    await filter.untilCommitted(BigInt(written * 2), 60_000);
    expect(await filter.stop()).toBe(0);
    // Each outage is said once, and its end.
    const said = (what: string) => filter.output.split(what).length - 1;
    expect(said('fetch failed')).toBeGreaterThan(0);
    expect(said('fetch failed')).toBeLessThan(7);
    expect(said('fetch works again')).toBeGreaterThan(0);
    for (const partition of [0, 1]) {
      expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, written));
    }
  },
  400_000,
);
