import { encodeBatch, openTransactionSession, type Cluster } from '@penstock/kafka';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { resumePartition } from '../src/commands/resume.ts';
import type { OperatorTools } from '../src/commands/status.ts';
import { RebuildTurns } from '../src/partition/rebuild-turns.ts';
import { takeOverPartition } from '../src/partition/take-over-partition.ts';
import type { Pause } from '../src/position/pause.ts';
import { filterTopics } from '../src/topics.ts';
import { breakHeader, canDamage, damageBatch, kafkaToDamage, writeDamaged } from './damaged-log.ts';
import { createFilterTopics, FilterProcess, type FilterTopics, runFilterCommand } from './filter-process.ts';
import { numbersIn, request } from './numbered-events.ts';
import { leaveHistory } from './seen-history.ts';
import { clientOf, write } from './topic-io.ts';

/**
 * Brokers take them, and no reader of ours inflates them. Those of seen are no larger than they need to be: a
 * broker that is asked for the offset of a time inflates one, too.
 */
const bombBytes = { seen: 80 * 1024 * 1024, clean: 300 * 1024 * 1024 };

async function writeBomb(
  cluster: Cluster,
  topics: FilterTopics,
  kind: keyof typeof bombBytes,
  partition: number,
): Promise<void> {
  const bomb = { key: null, value: Buffer.alloc(bombBytes[kind]), timestampMs: Date.now() };
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('bomb') });
  session.append(topics[kind], partition, encodeBatch([bomb], { codec: 'zstd' }));
  await session.commit();
}

test('a batch of seen or clean that nobody can read pauses its partition alone, until resume', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 4 });
  // A busy machine takes long to inflate what it then refuses.
  await kafka.tool('kafka-configs', [
    ...['--alter', '--entity-type', 'groups', '--entity-name', topics.raw],
    ...['--add-config', 'consumer.session.timeout.ms=60000'],
  ]);
  const cluster = await clientOf(kafka);
  const record = { commitAgoMs: 1_000, ids: 10 };
  for (const partition of [0, 2]) await leaveHistory(cluster, topics, partition, [record]);
  await writeBomb(cluster, topics, 'seen', 0);
  // The end can be read, what lies before it in the window cannot.
  await leaveHistory(cluster, topics, 0, [record]);
  // Nothing else shows how far it was filtered.
  await leaveHistory(cluster, topics, 1, []);
  await writeBomb(cluster, topics, 'clean', 1);
  // Here seen shows it.
  await writeBomb(cluster, topics, 'clean', 2);
  // Nothing of it can be read.
  await leaveHistory(cluster, topics, 3, []);
  await writeBomb(cluster, topics, 'seen', 3);
  for (const partition of [0, 1, 2, 3]) await write(cluster, topics.raw, [request([partition])], partition);

  const first = await FilterProcess.start(kafka, topics);
  const paused = async (filter: FilterProcess) =>
    (await filter.partitions()).map(({ state, code }) => (state === 'paused' ? code : state));
  await first.until(
    async () => (await paused(first)).join() === 'seen-corrupt,clean-corrupt,running,seen-corrupt',
    'three partitions are paused',
  );
  await first.until(async () => (await first.partitions())[2]?.committed === '1', 'the third one goes on');
  expect(await first.get('/readyz')).toMatchObject({
    status: 503,
    text: expect.stringContaining(`${topics.raw} 0 is paused (seen-corrupt)`),
  });
  expect(first.output).toContain(`the batch of ${topics.seen} offsets`);
  expect(first.output).toContain(`the batch of ${topics.clean} offsets`);

  const status = await runFilterCommand(kafka, topics, ['status']);
  expect(JSON.parse(status.stdout)).toMatchObject([
    { state: 'paused', code: 'seen-corrupt', committed: '0', resumeAt: '0' },
    { state: 'paused', code: 'clean-corrupt', committed: '0', resumeAt: '0' },
    { state: 'fine', committed: '1' },
    { state: 'paused', code: 'seen-corrupt', committed: '0', resumeAt: '0' },
  ]);
  for (const [partition, where, warns] of [
    ['0', ['--from', '0'], true],
    ['1', ['--skip-gap'], false],
    ['3', ['--skip-gap'], true],
  ] as const) {
    const resumed = await runFilterCommand(kafka, topics, ['resume', '--partition', partition, ...where]);
    expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('next raw offset is 0') });
    expect(resumed.stdout.includes('copies of those events may pass')).toBe(warns);
  }
  await first.untilCommitted(4n);
  expect(await first.get('/readyz')).toMatchObject({ status: 200 });
  expect(await first.stop()).toBe(0);

  // The batches are still in the window.
  const second = await FilterProcess.start(kafka, topics);
  await second.until(
    async () => (await paused(second)).join() === 'running,running,running,running',
    'all run',
  );
  for (const partition of [0, 1, 2, 3]) await write(cluster, topics.raw, [request([partition])], partition);
  await second.untilCommitted(8n);
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(4);
  expect(await second.stop()).toBe(0);
  expect(await numbersIn(cluster, topics.clean, 0)).toEqual([0]);
  expect(await numbersIn(cluster, topics.clean, 3)).toEqual([3]);
});

const signal = new AbortController().signal;

function toolsFor(cluster: Cluster, topics: FilterTopics): OperatorTools {
  return { cluster, id: topics.raw, member: null, topics: filterTopics(topics, {}), windowMs: 600_000 };
}

const takeOver = (tools: OperatorTools, paused?: Pause) => {
  const rebuilding = {
    limits: { windowMs: tools.windowMs, idsMax: 1 << 20 },
    turn: new RebuildTurns().begin(),
  };
  return takeOverPartition(0, tools, rebuilding, paused, signal);
};

test.skipIf(!canDamage)(
  'the ids before an end of seen that nobody can read are known once it was accepted',
  async () => {
    const { kafka, logOf } = await kafkaToDamage();
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    const history = Array.from({ length: 40 }, () => ({ commitAgoMs: 1_000, ids: 10 }));
    await leaveHistory(cluster, topics, 0, history);
    await writeDamaged(cluster, topics.seen, logOf(topics.seen));

    const tools = toolsFor(cluster, topics);
    expect(await takeOver(tools)).toMatchObject({ kind: 'paused', code: 'seen-corrupt', resumeAt: 0n });
    await resumePartition(tools, 0, 'skip-gap');
    expect(await takeOver(tools)).toMatchObject({ kind: 'taken-over', rebuiltIds: 400 });
  },
);

test('a choice that led to a pause is not followed again: only the next one is', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const record = { commitAgoMs: 1_000, ids: 10 };
  await leaveHistory(cluster, topics, 0, [record]);
  const tools = toolsFor(cluster, topics);
  await resumePartition(tools, 0, 0n); // for another cause
  await writeBomb(cluster, topics, 'seen', 0);

  const paused = (await takeOver(tools)) as Pause;
  expect(paused).toMatchObject({ kind: 'paused', code: 'seen-corrupt' });
  expect(await takeOver(tools, paused)).toBe(paused);
  await resumePartition(tools, 0, 'skip-gap');
  expect(await takeOver(tools, paused)).toMatchObject({ kind: 'taken-over', rebuiltIds: 10 });
});

test('what was accepted of a topic of seen is not accepted of the next one of that name', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  await leaveHistory(cluster, topics, 0, []);
  await writeBomb(cluster, topics, 'seen', 0);
  const tools = toolsFor(cluster, topics);
  await resumePartition(tools, 0, 'skip-gap');
  expect(await takeOver(tools)).toMatchObject({
    ...{ kind: 'taken-over', rebuiltIds: 0 },
    start: { seenAccepted: { below: 2n } },
  });

  await kafka.admin((admin) => admin.deleteTopics({ topics: [topics.seen] }));
  const made = () =>
    kafka.createTopic(topics.seen).then(
      () => true,
      () => false,
    );
  await expect.poll(made, { timeout: 60_000 }).toBe(true);
  await writeBomb(cluster, topics, 'seen', 0);
  expect(await takeOver(tools)).toMatchObject({ kind: 'paused', code: 'seen-corrupt' });
});

test('lost offsets, and an end of seen that nobody can read: what clean shows is proven', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const filter = async (seen: string, numbers: number[], committed: bigint) => {
    for (const n of numbers) await write(cluster, topics.raw, [request([n])]);
    const running = await FilterProcess.start(kafka, { ...topics, seen });
    await running.untilCommitted(committed);
    expect(await running.stop()).toBe(0);
  };
  await filter(topics.seen, [0, 1, 2], 3n);
  // Stands for what was committed and can be read in clean alone.
  const { seen: elsewhere } = await createFilterTopics(kafka);
  await filter(elsewhere, [3, 4, 5], 6n);
  await writeBomb(cluster, topics, 'seen', 0);
  const group = ['--group', topics.raw, '--topic', topics.raw];
  await kafka.tool('kafka-consumer-groups', ['--delete-offsets', ...group]);

  expect(await takeOver(toolsFor(cluster, topics))).toMatchObject({
    kind: 'paused',
    code: 'offsets-lost',
    resumeAt: 6n,
    detail: expect.stringContaining(`the batch of ${topics.seen} offsets`),
  });
});

test.skipIf(!canDamage)(
  'a record of seen whose headers cannot be read pauses its partition, and ends no process',
  async () => {
    const { kafka, logOf } = await kafkaToDamage();
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    const record = { commitAgoMs: 1_000, ids: 10 };
    await leaveHistory(cluster, topics, 0, [record]);
    await breakHeader(logOf(topics.seen));
    await leaveHistory(cluster, topics, 0, [record]);

    const tools = toolsFor(cluster, topics);
    expect(await takeOver(tools)).toMatchObject({ kind: 'paused', code: 'seen-corrupt', resumeAt: 0n });
    await resumePartition(tools, 0, 'skip-gap');
    expect(await takeOver(tools)).toMatchObject({ kind: 'taken-over', rebuiltIds: 10 });
  },
);

test.skipIf(!canDamage)(
  'a batch of raw with a wrong checksum pauses its partition alone, which goes on where an operator says',
  async () => {
    const { kafka, logOf } = await kafkaToDamage();
    const topics = await createFilterTopics(kafka, { partitions: 2 });
    const cluster = await clientOf(kafka);
    // A batch each.
    for (const number of [0, 1, 2]) await write(cluster, topics.raw, [request([number])], 0);
    await write(cluster, topics.raw, [request([10])], 1);
    await damageBatch(logOf(topics.raw), 1);

    const filter = await FilterProcess.start(kafka, topics);
    await filter.until(async () => (await filter.partitions())[0]?.state === 'paused', 'partition 0 pauses');
    expect((await filter.partitions())[0]).toMatchObject({ code: 'raw-corrupt', resumeAt: null });
    expect(filter.output).toContain('a batch whose checksum is wrong');
    const ready = await filter.get('/readyz');
    expect(ready).toMatchObject({
      ...{ status: 503, text: expect.stringContaining(`${topics.raw} 0 is paused (raw-corrupt)`) },
    });
    await write(cluster, topics.raw, [request([11])], 1);
    await filter.until(async () => (await filter.partitions())[1]?.committed === '2', 'partition 1 goes on');

    const status = await runFilterCommand(kafka, topics, ['status']);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { state: 'paused', code: 'raw-corrupt', committed: '1', resumeAt: null },
      { state: 'fine', committed: '2' },
    ]);
    // How many offsets it held, nobody can trust its header to say.
    const skipped = await runFilterCommand(kafka, topics, ['resume', '--partition', '0', '--skip-gap']);
    expect(skipped).toMatchObject({
      ...{ exitCode: 1, stderr: expect.stringContaining('name an offset with --from') },
    });
    const resumed = await runFilterCommand(kafka, topics, ['resume', '--partition', '0', '--from', '2']);
    expect(resumed).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('next raw offset is 2') });
    await filter.until(async () => (await filter.partitions())[0]?.committed === '3', 'partition 0 goes on');
    expect(await filter.get('/readyz')).toMatchObject({ status: 200 });
    expect(await filter.stop()).toBe(0);
    expect(await numbersIn(cluster, topics.clean, 0)).toEqual([0, 2]);
    expect(await numbersIn(cluster, topics.clean, 1)).toEqual([10, 11]);
  },
);
