import { randomBytes } from 'node:crypto';
import { rejectedHeaders } from '@penstock/events';
import { encodeBatch, openTransactionSession } from '@penstock/kafka';
import { sharedKafka, type TestKafka } from '@penstock/test-broker';
import { describe, expect, test } from 'vitest';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { createFilterTopics, FilterProcess, runFilterCommand, type FilterTopics } from './filter-process.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

async function deleteOffsets(kafka: TestKafka, topics: FilterTopics): Promise<void> {
  await kafka.tool('kafka-consumer-groups', [
    '--delete-offsets',
    '--group',
    topics.raw,
    '--topic',
    topics.raw,
  ]);
}

describe('lost offsets', () => {
  test('pause the partition; resuming where the output proves it loses and doubles nothing', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    const bad = rawRecord({ body: Buffer.from('{"'), hint: '2' });
    await write(cluster, topics.raw, [...sequence(0, 30), bad, bad]);
    const first = await FilterProcess.start(kafka, topics);
    await first.untilCommitted(32n);
    expect(await first.stop()).toBe(0);
    await deleteOffsets(kafka, topics);
    await write(cluster, topics.raw, sequence(30, 50));

    const second = await FilterProcess.start(kafka, topics);
    const state = async () => (await second.partitions())[0];
    await second.until(async () => (await state())?.state === 'paused', 'the partition pauses');
    expect(await state()).toMatchObject({ code: 'offsets-lost', resumeAt: '32' });
    await second.until(
      async () => (await second.metric('partitions{state="paused"}')) === 1,
      'the metric tells',
    );

    const status = await runFilterCommand(kafka, topics, ['status']);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { state: 'paused', proven: '32', resumeAt: '32', rawEnd: '52' },
    ]);
    const resumed = await runFilterCommand(kafka, topics, ['resume', '--partition', '0', '--skip-gap']);
    expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('next raw offset is 32') });
    await second.untilCommitted(52n);
    expect(await second.stop()).toBe(0);
    expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, 50));
    expect(await read(cluster, topics.rejected)).toHaveLength(2);
  });

  test('of a partition where nothing was ever filtered are no loss: it begins at the start', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka, { partitions: 2 });
    const cluster = await clientOf(kafka);
    await write(cluster, topics.raw, sequence(0, 5), 1);
    const filter = await FilterProcess.start(kafka, topics);
    await filter.untilCommitted(5n);
    const { stdout } = await runFilterCommand(kafka, topics, ['status']);
    // the empty one has a committed offset too, from its very first moment
    expect(JSON.parse(stdout)).toMatchObject([
      { partition: 0, state: 'fine', committed: '0' },
      { partition: 1, state: 'fine', committed: '5' },
    ]);
  });
});

test('a position that retention has overtaken pauses that partition; the others go on', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  for (const partition of [0, 1]) await write(cluster, topics.raw, sequence(0, 10), partition);
  const first = await FilterProcess.start(kafka, topics);
  await first.untilCommitted(20n);
  await first.stop();
  for (const partition of [0, 1]) await write(cluster, topics.raw, sequence(10, 30), partition);
  await kafka.admin(async (admin) => {
    await admin.fetchTopicOffsets(topics.raw); // kafkajs looks for leaders in what it knows already
    await admin.deleteTopicRecords({ topic: topics.raw, partitions: [{ partition: 0, offset: '15' }] });
  });
  const second = await FilterProcess.start(kafka, topics);
  await second.until(async () => (await second.partitions())[0]?.state === 'paused', 'partition 0 pauses');
  expect((await second.partitions())[0]).toMatchObject({ code: 'raw-overtaken', resumeAt: '15' });
  await second.until(async () => (await second.partitions())[1]?.committed === '30', 'partition 1 goes on');
});

test('the command line refuses what makes no sense, before anything is written', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  await write(cluster, topics.raw, sequence(0, 3));
  const run = (...args: string[]) => runFilterCommand(kafka, topics, args);
  const refused = await Promise.all([
    run('restart'),
    run('resume', '--partition', '0'),
    run('resume', '--partition', 'x', '--skip-gap'),
    run('resume', '--partition', '7', '--from', '0'),
    run('resume', '--partition', '0', '--from', '4'),
    run('resume', '--partition', '0', '--skip-gap'),
  ]);
  expect(refused).toMatchObject([
    { exitCode: 2, stderr: expect.stringContaining('unknown command') },
    { exitCode: 2, stderr: expect.stringContaining('one of --from, --skip-gap is needed') },
    { exitCode: 2, stderr: expect.stringContaining('--partition needs a whole number') },
    { exitCode: 1, stderr: expect.stringContaining('has partitions 0 to 0') },
    { exitCode: 1, stderr: expect.stringContaining('holds 0 to 3') },
    { exitCode: 1, stderr: expect.stringContaining('no gap') },
  ]);
});

describe('what Kafka refuses', () => {
  test('an event too large for clean rejects itself, in its place; everything else passes', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka, { configs: { clean: { 'max.message.bytes': '30000' } } });
    const cluster = await clientOf(kafka);
    await write(cluster, topics.raw, [...sequence(0, 20), ...sequence(20, 21, 60_000), ...sequence(21, 40)]);
    const filter = await FilterProcess.start(kafka, topics, { PENSTOCK_FILTER_BATCH_BYTES: '20000' });
    await filter.untilCommitted(40n);
    expect(await filter.metric('poison_total')).toBe(1);
    expect(await filter.metric('transactions_total{outcome="aborted"}')).toBeGreaterThan(0);
    expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, 40).filter((n) => n !== 20));
    const [rejected, ...more] = await read(cluster, topics.rejected);
    expect(more).toEqual([]);
    const headers = new Map(rejected!.headers());
    expect(headers.get(rejectedHeaders.reason)?.toString()).toBe('not-written');
    expect(headers.get(rejectedHeaders.sourceOffset)?.toString()).toBe('20');
  });

  test('a full-size bad body fits into events.rejected, byte for byte', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    const body = Buffer.alloc(1_000_000, '{"never closed');
    await write(cluster, topics.raw, [rawRecord({ body, hint: '2' }), ...sequence(0, 1)]);
    const filter = await FilterProcess.start(kafka, topics);
    await filter.untilCommitted(2n);
    const [rejected] = await read(cluster, topics.rejected);
    expect(rejected?.value?.equals(body)).toBe(true);
    expect(await filter.get('/readyz')).toMatchObject({ status: 200 });
  });

  test('when rejected itself cannot be written the partition stops, and nothing is lost', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka, {
      partitions: 2,
      configs: { rejected: { 'max.message.bytes': '10000' } },
    });
    const cluster = await clientOf(kafka);
    // Nothing that compression makes small: the limit is of compressed batches.
    const bad = rawRecord({ body: randomBytes(50_000), hint: '2' });
    await write(cluster, topics.raw, [...sequence(0, 10), bad, ...sequence(10, 20)], 0);
    await write(cluster, topics.raw, sequence(0, 20), 1);
    const filter = await FilterProcess.start(kafka, topics);
    await filter.until(async () => (await filter.partitions())[0]?.state === 'paused', 'partition 0 pauses');
    await filter.until(async () => (await filter.partitions())[1]?.committed === '20', 'partition 1 goes on');
    expect((await filter.partitions())[0]).toMatchObject({ code: 'rejected-not-written' });
    const readiness = await filter.get('/readyz');
    expect(readiness).toMatchObject({
      status: 503,
      text: expect.stringContaining('max.message.bytes is 10000'),
    });

    await kafka.admin((admin) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: 2,
            name: topics.rejected,
            configEntries: [{ name: 'max.message.bytes', value: '1200000' }],
          },
        ],
      }),
    );
    expect(await filter.stop()).toBe(0);
    const again = await FilterProcess.start(kafka, topics);
    await again.untilCommitted(41n);
    expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, 20));
    expect(await read(cluster, topics.rejected)).toHaveLength(1);
  });

  test('too large events of many partitions take no more tries than those of one', async () => {
    const kafka = await sharedKafka();
    const partitions = range(0, 8);
    const topics = await createFilterTopics(kafka, {
      partitions: partitions.length,
      configs: { clean: { 'max.message.bytes': '2000' } },
    });
    const cluster = await clientOf(kafka);
    for (const partition of partitions) await write(cluster, topics.raw, sequence(0, 1, 6_000), partition);
    const filter = await FilterProcess.start(kafka, topics, {
      // One transaction has the records of all of them.
      PENSTOCK_FILTER_THREADS: '1',
      PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '3000',
      PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS: '3000',
    });
    await filter.untilCommitted(BigInt(partitions.length));
    expect(await filter.metric('poison_total')).toBe(partitions.length);
    // Some of their batches may be on their way when the first is refused.
    const aborted = await filter.metric('transactions_total{outcome="aborted"}');
    expect(aborted).toBeGreaterThan(0);
    expect(aborted).toBeLessThan(partitions.length / 2);
    for (const partition of partitions)
      expect(await read(cluster, topics.rejected, partition)).toHaveLength(1);
  });

  test('when seen cannot be written the partition stops as well, and the pause names seen', async () => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka, { configs: { seen: { 'max.message.bytes': '500' } } });
    const cluster = await clientOf(kafka);
    await write(cluster, topics.raw, sequence(0, 100));
    const filter = await FilterProcess.start(kafka, topics);
    await filter.until(
      async () => (await filter.partitions())[0]?.state === 'paused',
      'the partition pauses',
    );
    const [paused] = await filter.partitions();
    expect(paused).toMatchObject({ code: 'rejected-not-written', resumeAt: '0' });
    expect(paused?.detail).toContain(`what ${topics.seen} should hold`);
    expect(await numbersIn(cluster, topics.clean)).toEqual([]);
  });
});

test('a raw batch that cannot be read pauses its partition, is named, and can be skipped', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  await write(cluster, topics.raw, sequence(0, 3), 0);
  // 300 MiB in 27 KB: brokers take it, and no reader of ours inflates it.
  const bomb = { key: null, value: Buffer.alloc(300 * 1024 * 1024), timestampMs: Date.now() };
  await using session = await openTransactionSession(cluster, { transactionalId: topics.raw });
  session.append(topics.raw, 0, encodeBatch([bomb], { codec: 'zstd' }));
  await session.commit();
  await write(cluster, topics.raw, sequence(3, 6), 0);
  await write(cluster, topics.raw, sequence(0, 6), 1);

  const filter = await FilterProcess.start(kafka, topics);
  await filter.until(async () => (await filter.partitions())[0]?.state === 'paused', 'partition 0 pauses');
  await filter.until(async () => (await filter.partitions())[1]?.committed === '6', 'partition 1 goes on');
  expect((await filter.partitions())[0]).toMatchObject({ code: 'raw-corrupt', resumeAt: '4' });
  expect(await filter.metric('partition_paused{partition="0"}')).toBe(1);
  const ready = await filter.get('/readyz');
  expect(ready).toMatchObject({ status: 503, text: expect.stringContaining(`${topics.raw} 0 is paused`) });

  const status = await runFilterCommand(kafka, topics, ['status']);
  expect(JSON.parse(status.stdout)).toMatchObject([
    { state: 'paused', code: 'raw-corrupt', committed: '3', resumeAt: '4' },
    { state: 'fine', committed: '6' },
  ]);
  const resumed = await runFilterCommand(kafka, topics, ['resume', '--partition', '0', '--skip-gap']);
  expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('next raw offset is 4') });
  await filter.until(async () => (await filter.get('/readyz')).status === 200, 'it is ready');
  await filter.until(async () => (await numbersIn(cluster, topics.clean)).length === 6, 'all is filtered');
  expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, 6));
  expect(await filter.stop()).toBe(0);
});
