import { listOffsets, type Cluster, type OutgoingRecord } from '@penstock/kafka';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

test('a duplicate after a restart is dropped: events.seen rebuilds the window', async () => {
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

/**
 * Whether a transaction on clean is open: its records are in the log, and no read_committed consumer sees
 * them.
 */
async function isOpen(cluster: Cluster, topic: string): Promise<boolean> {
  const ends = await listOffsets(cluster, topic, [0, 1], 'latest', 'read_uncommitted');
  const stable = await listOffsets(cluster, topic, [0, 1], 'latest', 'read_committed');
  return [0, 1].some((partition) => ends.get(partition)!.offset > stable.get(partition)!.offset);
}

test('SIGKILL in the middle of transactions: every event is in clean exactly once, in order', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  const perRequest = 20;
  let written = 0;
  const raw: OutgoingRecord[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    raw.push(request(range(written, (written += perRequest))));
    if (n % 50 === 49) raw.push(raw[raw.length - 7]!); // a client that did not get its answer
  }
  const feeding = Promise.all([write(cluster, topics.raw, raw, 0), write(cluster, topics.raw, raw, 1)]);
  const env = { PENSTOCK_FILTER_BATCH_BYTES: '16KiB' }; // sent long before the commit
  for (let kill = 0; kill < 4; kill += 1) {
    const doomed = await FilterProcess.start(kafka, topics, env);
    await doomed.until(() => isOpen(cluster, topics.clean), 'a transaction is open');
    await doomed.kill();
  }
  await feeding;
  const last = await FilterProcess.start(kafka, topics, env);
  await last.untilCommitted(BigInt(raw.length * 2));
  expect(await last.stop()).toBe(0);
  let inLog = 0;
  for (const partition of [0, 1]) {
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, written));
    inLog += (await read(cluster, topics.clean, partition, 'read_uncommitted')).length;
  }
  expect(inLog).toBeGreaterThan(written * 2); // what the dead ones left is there, and nobody sees it
});

test('a filter restarted after SIGKILL waits for no session and no transaction to time out', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 3 });
  const cluster = await clientOf(kafka);
  const feed = async (n: number) => {
    for (const partition of [0, 1, 2]) await write(cluster, topics.raw, [request([n])], partition);
  };
  // the transaction that the first one leaves open would hold the second one up for 30 s
  const env = {
    PENSTOCK_FILTER_TRANSACTION_TIMEOUT_MS: '30000',
    PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS: '5000',
  };
  const first = await FilterProcess.start(kafka, topics, env);
  await feed(0);
  await first.untilCommitted(3n);
  await feed(1);
  await first.kill();
  const second = await FilterProcess.start(kafka, topics, env);
  await second.untilCommitted(6n);
  // Both had the same work to do on the same machine: what is left is waiting.
  expect(second.takeOverMs - first.takeOverMs).toBeLessThan(3_000);
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
