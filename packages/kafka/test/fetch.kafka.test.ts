import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  codecs,
  listOffsets,
  openCluster,
  readRange,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { Cluster, Codec, Fetched, Fetcher, PositionProblem } from '../src/index.ts';
import { standsStill } from './stands-still.fixture.ts';

/** For `expect.poll`: a busy machine may need so long. */
const patience = { timeout: 60_000, interval: 20 };

let kafka: TestKafka;
let cluster: Cluster;

beforeAll(async () => {
  kafka = await sharedKafka();
  cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'fetch-test' });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

async function topicOf(partitions = 1): Promise<string> {
  const topic = uniqueName('fetched');
  await kafka.createTopic(topic, { partitions });
  return topic;
}

async function write(
  topic: string,
  values: readonly string[],
  options: { partition?: number; codec?: Codec; timestampMs?: number } = {},
): Promise<void> {
  // Today, unless the test wants another time: within seconds the broker deletes records with old timestamps.
  const { partition = 0, codec = 'none', timestampMs = Date.now() } = options;
  const outcomes = new Set<string>();
  await using producer = await startBatchProducer(cluster, {
    lingerMs: 0,
    codec,
    onSettled: ({ outcome }) => outcomes.add(outcome),
  });
  for (const [index, value] of values.entries()) {
    producer.append(topic, partition, { key: null, value: Buffer.from(value), timestampMs }, index);
  }
  await producer.drain();
  expect(outcomes).toEqual(new Set(['written']));
}

function valuesOf(fetched: readonly Fetched[]): string[] {
  expect(fetched.flatMap(({ problem }) => problem ?? [])).toEqual([]);
  return fetched
    .flatMap(({ batches }) => batches)
    .flatMap((batch) => [...readRecords(batch)].map((r) => String(r.value)));
}

/** Fetches until `count` records have come. */
async function collect(fetcher: Fetcher, count: number): Promise<string[]> {
  const signal = AbortSignal.timeout(60_000);
  const values: string[] = [];
  while (values.length < count && !signal.aborted) values.push(...valuesOf(await fetcher.next({ signal })));
  return values;
}

async function problemOf(fetcher: Fetcher): Promise<PositionProblem | undefined> {
  const signal = AbortSignal.timeout(60_000);
  while (!signal.aborted) {
    for (const fetched of await fetcher.next({ signal })) if (fetched.problem) return fetched.problem;
  }
  return undefined;
}

/** Deletes records as retention does. */
async function deleteBelow(topic: string, offset: string): Promise<void> {
  await kafka.admin(async (admin) => {
    await admin.fetchTopicOffsets(topic); // kafkajs must have looked at the topic before
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
  });
}

function topicNames(): Promise<string[]> {
  return kafka.admin((admin) => admin.listTopics());
}

function numbered(count: number, from = 0): string[] {
  return Array.from({ length: count }, (_, index) => `value ${from + index}`);
}

const start = { offset: 0n, lastFetchedEpoch: -1 };

describe.each(codecs)('%s', (codec) => {
  test('what the Java producer compressed is read back', async () => {
    const topic = await topicOf();
    const lines = numbered(300).map((line) => `${line} ${'abc'.repeat(40)}`);
    await kafka.tool(
      'kafka-console-producer',
      ['--topic', topic, '--compression-codec', codec, '--batch-size', '16384'],
      {
        input: `${lines.join('\n')}\n`,
      },
    );
    using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
    fetcher.assign(topic, 0, start);
    expect(await collect(fetcher, lines.length)).toEqual(lines);
  });

  test('what this package compressed is read by the Java consumer', async () => {
    const topic = await topicOf();
    const values = numbered(300).map((line) => `${line} ${'abc'.repeat(40)}`);
    await write(topic, values, { codec });
    const seen = await kafka.consoleConsume(topic, { maxMessages: values.length, timeoutMs: 10_000 });
    expect(seen.map(({ value }) => String(value))).toEqual(values);
  });
});

test('a batch larger than every fetch limit is delivered, and the next ones too', async () => {
  const topic = await topicOf();
  const values = ['x'.repeat(300_000), 'small', 'y'.repeat(200_000)];
  for (const value of values) await write(topic, [value]);
  using fetcher = startFetcher(cluster, {
    isolation: 'read_committed',
    partitionMaxBytes: 1_000,
    responseMaxBytes: 1_000,
    prefetchBytes: 2_000,
  });
  fetcher.assign(topic, 0, start);
  expect(await collect(fetcher, 3)).toEqual(values);
});

test('fetching stops at the budget, and a late reader gets everything', async () => {
  const topic = await topicOf(3);
  const values = numbered(200).map((line) => line.padEnd(1_000, '.'));
  for (const partition of [0, 1, 2]) {
    for (let from = 0; from < 200; from += 10)
      await write(topic, values.slice(from, from + 10), { partition });
  }
  const limits = { partitionMaxBytes: 20_000, responseMaxBytes: 60_000, prefetchBytes: 100_000 };
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', ...limits });
  for (const partition of [0, 1, 2]) fetcher.assign(topic, partition, start);
  await expect.poll(() => fetcher.heldBytes, patience).toBeGreaterThan(40_000);
  expect(await standsStill(() => fetcher.heldBytes)).toBeLessThanOrEqual(100_000 + 20_000);
  const seen = await collect(fetcher, 600);
  expect(seen).toHaveLength(600);
  expect(new Set(seen)).toEqual(new Set(values));
});

test('a paused partition gives nothing until it is resumed, and then the rest', async () => {
  const topic = await topicOf(2);
  await write(topic, numbered(50), { partition: 0 });
  await write(topic, numbered(50), { partition: 1 });
  using fetcher = startFetcher(cluster, {
    isolation: 'read_committed',
    prefetchBytes: 4_000,
    partitionMaxBytes: 500,
  });
  fetcher.assign(topic, 0, start);
  fetcher.assign(topic, 1, start);
  fetcher.pause(topic, 0);
  const others = await collect(fetcher, 50);
  expect(others).toEqual(numbered(50));
  fetcher.resume(topic, 0);
  expect(await collect(fetcher, 50)).toEqual(numbered(50));
});

test('nothing of an unassigned partition is handed out, whatever was fetched ahead', async () => {
  const topic = await topicOf(2);
  for (const partition of [0, 1]) await write(topic, numbered(10), { partition });
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 50 });
  fetcher.assign(topic, 0, start);
  fetcher.assign(topic, 1, start);
  await expect.poll(() => fetcher.heldBytes, patience).toBeGreaterThan(0);
  await standsStill(() => fetcher.heldBytes);
  fetcher.unassign(topic, 1);
  const fetched = await fetcher.next({ maxWaitMs: 30_000 });
  expect(new Set(fetched.map(({ partition }) => partition))).toEqual(new Set([0]));
  expect(await fetcher.next({ maxWaitMs: 200 })).toEqual([]);
});

test('a topic that is created after it was assigned is read from its start', async () => {
  const topic = uniqueName('late');
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, start);
  expect(await fetcher.next({ maxWaitMs: 300 })).toEqual([]);
  await kafka.createTopic(topic);
  await write(topic, ['first']);
  expect(await collect(fetcher, 1)).toEqual(['first']);
});

test('next() ends when its time is up, at its signal, and when the fetcher is disposed of', async () => {
  const topic = await topicOf();
  const fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, start);
  expect(await fetcher.next({ maxWaitMs: 50 })).toEqual([]);
  expect(await fetcher.next({ signal: AbortSignal.timeout(50) })).toEqual([]);
  const waiting = fetcher.next();
  await expect(fetcher.next()).rejects.toThrow('another call');
  fetcher[Symbol.dispose]();
  expect(await waiting).toEqual([]);
});

describe('a position that cannot be continued is reported with its range', () => {
  test('overtaken by retention, before the first fetch and in the middle of reading', async () => {
    const topic = await topicOf();
    for (let from = 0; from < 100; from += 10) await write(topic, numbered(10, from));
    const limits = {
      isolation: 'read_committed',
      partitionMaxBytes: 1,
      responseMaxBytes: 1,
      prefetchBytes: 1,
    } as const;
    using running = startFetcher(cluster, limits);
    running.assign(topic, 0, start);
    expect(valuesOf(await running.next())).toEqual(numbered(10));
    await standsStill(() => running.heldBytes); // it fetches ahead what the budget of one batch allows
    await deleteBelow(topic, '60');
    using late = startFetcher(cluster, { isolation: 'read_committed' });
    late.assign(topic, 0, { offset: 5n, lastFetchedEpoch: 0 });
    expect(await problemOf(late)).toMatchObject({ kind: 'overtaken', from: 5n, to: 60n });
    const problem = await problemOf(running);
    expect(problem).toMatchObject({ kind: 'overtaken', to: 60n });
    expect(problem!.from % 10n).toBe(0n);
    expect(problem!.from).toBeLessThanOrEqual(20n);
  });

  test('overtaken by the broker, which deletes records that are too old', async () => {
    const topic = await topicOf();
    const monthsAgoMs = Date.now() - 90 * 86_400_000;
    await write(topic, numbered(10), { timestampMs: monthsAgoMs });
    using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 50 });
    const gone = async (): Promise<bigint | undefined> =>
      (await listOffsets(cluster, topic, [0], 'earliest', 'read_committed')).get(0)?.offset;
    await expect.poll(gone, { timeout: 20_000, interval: 200 }).toBe(10n);
    fetcher.assign(topic, 0, { offset: 3n, lastFetchedEpoch: 0 });
    expect(await problemOf(fetcher)).toMatchObject({ kind: 'overtaken', from: 3n, to: 10n });
  });

  test('the operator may continue after the gap', async () => {
    const topic = await topicOf();
    await write(topic, numbered(10));
    await deleteBelow(topic, '4');
    using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 50 });
    fetcher.assign(topic, 0, start);
    const problem = await problemOf(fetcher);
    expect(await fetcher.next({ maxWaitMs: 200 }), 'it is reported once').toEqual([]);
    fetcher.assign(topic, 0, { offset: problem!.to, lastFetchedEpoch: -1 });
    expect(await collect(fetcher, 6)).toEqual(numbered(6, 4));
  });

  test('beyond the end of the log', async () => {
    const topic = await topicOf();
    await write(topic, numbered(3));
    using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
    fetcher.assign(topic, 0, { offset: 8n, lastFetchedEpoch: -1 });
    expect(await problemOf(fetcher)).toMatchObject({ kind: 'beyond-end', from: 3n, to: 8n });
  });

  test('created again while it was being read, and by the id that came with the position', async () => {
    const topic = await topicOf();
    await write(topic, numbered(7));
    const { id } = await cluster.topic(topic);
    using running = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 100 });
    running.assign(topic, 0, start);
    expect(await collect(running, 7)).toEqual(numbered(7));
    await kafka.admin((admin) => admin.deleteTopics({ topics: [topic] }));
    await expect.poll(async () => (await topicNames()).includes(topic), patience).toBe(false);
    await kafka.createTopic(topic);
    await write(topic, numbered(3));
    expect(await problemOf(running)).toMatchObject({ kind: 'recreated', from: 7n, to: 7n });
    using late = startFetcher(cluster, { isolation: 'read_committed' });
    late.assign(topic, 0, { offset: 1n, lastFetchedEpoch: 0, topicId: id });
    expect(await problemOf(late)).toMatchObject({ kind: 'recreated', from: 1n });
  });

  test('a position with an epoch from another log', async () => {
    const topic = await topicOf();
    await write(topic, numbered(10));
    using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
    fetcher.assign(topic, 0, { offset: 5n, lastFetchedEpoch: 9 });
    expect(await problemOf(fetcher)).toMatchObject({ kind: 'truncated', from: 0n, to: 5n });
  });

  test('a range that retention has taken part of is not read at all', async () => {
    const topic = await topicOf();
    await write(topic, numbered(10));
    await deleteBelow(topic, '4');
    const seen: unknown[] = [];
    const range = { from: 2n, to: 10n, isolation: 'read_committed' } as const;
    const reading = readRange({ cluster, topic, partition: 0 }, range, (record) => seen.push(record));
    await expect(reading).rejects.toMatchObject({
      name: 'PositionError',
      problem: { kind: 'overtaken', from: 2n, to: 4n },
    });
    expect(seen).toEqual([]);
  });
});

test('a batch whose first records were deleted is read from the middle', async () => {
  const topic = await topicOf();
  await write(topic, numbered(5));
  await deleteBelow(topic, '2');
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, { offset: 2n, lastFetchedEpoch: 0 });
  const [fetched] = await fetcher.next({ maxWaitMs: 5_000 });
  expect(fetched?.batches[0]).toMatchObject({ firstOffset: 2n });
  expect(valuesOf([fetched!])).toEqual(numbered(3, 2));
});
