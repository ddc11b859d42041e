import type { OutgoingRecord } from '@penstock/kafka';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { clientOf, write } from './topic-io.ts';

test('a duplicate that comes after a restart is dropped: the window is rebuilt from events.seen', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  await write(cluster, topics.raw, [request(range(0, 40), 1), request(range(40, 80), 4)]);
  const first = await FilterProcess.start(kafka, topics);
  await first.untilCommitted(2n);
  expect(await first.stop()).toBe(0);

  await write(cluster, topics.raw, [request(range(20, 60), 1)]); // 20..39 again, 40..59 in another format
  const second = await FilterProcess.start(kafka, topics);
  await second.untilCommitted(3n);
  expect(await second.metric('rebuilt_ids_total')).toBe(80);
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(40);
  expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, 80));
});

test('SIGKILL at random moments under load: every event is in clean exactly once, in order', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  const kills = 4;
  const perRequest = 20;
  let written = 0;
  const raw: OutgoingRecord[] = [];
  for (let n = 0; n < 2_000; n += 1) {
    raw.push(request(range(written, (written += perRequest))));
    if (n % 50 === 49) raw.push(raw[raw.length - 7]!); // a client that did not get its answer
  }
  const feeding = Promise.all([write(cluster, topics.raw, raw, 0), write(cluster, topics.raw, raw, 1)]);
  const env = { PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '20', PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS: '50' };
  for (let kill = 0; kill < kills; kill += 1) {
    const doomed = await FilterProcess.start(kafka, topics, env);
    await new Promise((resolve) => setTimeout(resolve, 60 + kill * 50));
    await doomed.kill();
  }
  await feeding;
  const last = await FilterProcess.start(kafka, topics, env);
  await last.untilCommitted(BigInt(raw.length * 2));
  expect(await last.stop()).toBe(0);
  for (const partition of [0, 1])
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, written));
});

test('a restarted filter has its partitions again within 3 s of a SIGKILL', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 3 });
  const cluster = await clientOf(kafka);
  for (const partition of [0, 1, 2]) await write(cluster, topics.raw, [request([partition])], partition);
  const first = await FilterProcess.start(kafka, topics);
  await first.untilCommitted(3n);
  await first.kill();
  const began = performance.now();
  const second = await FilterProcess.start(kafka, topics);
  const running = async () => (await second.partitions()).every(({ state }) => state === 'running');
  await second.until(async () => (await second.partitions()).length === 3 && (await running()), 'all run');
  expect(performance.now() - began).toBeLessThan(3_000);
});

test('a second process takes half of the partitions, and gives them back when it stops', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 4 });
  const cluster = await clientOf(kafka);
  const first = await FilterProcess.start(kafka, topics, { PENSTOCK_FILTER_INSTANCE: 'one' });
  await first.until(async () => (await first.partitions()).length === 4, 'one has all');
  const second = await FilterProcess.start(kafka, topics, { PENSTOCK_FILTER_INSTANCE: 'two' });
  let n = 0;
  const feed = async () => {
    for (const partition of [0, 1, 2, 3]) await write(cluster, topics.raw, [request([n])], partition);
    n += 1;
  };
  const settled = async (filter: FilterProcess, count: number) =>
    filter.until(async () => {
      await feed();
      const partitions = await filter.partitions();
      return partitions.length === count && partitions.every(({ state }) => state === 'running');
    }, `${count} partitions`);
  await settled(second, 2);
  await settled(first, 2);
  expect(await second.stop()).toBe(0);
  await settled(first, 4);
  await first.untilCommitted(BigInt(n * 4));
  for (const partition of [0, 1, 2, 3]) {
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, n));
  }
});
