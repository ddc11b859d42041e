import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { startProxiedKafka } from '@penstock/test-faults';
import type { ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listOffsets, openCluster, startBatchProducer, startFetcher } from '../src/index.ts';
import type { Flood } from './flooding-producer.fixture.ts';
import { WatchedProcess } from './memory-watch.fixture.ts';
import { standsStill } from './stands-still.fixture.ts';
import type { SlowRead } from './slow-reader.fixture.ts';

// Contract test 4. Memory is measured in separate processes: what the system says they use (RSS), not what
// they count themselves.

const mib = 1024 * 1024;
const memoryBytes = 64 * mib;
const prefetchBytes = 16 * mib;
/** Garbage that V8 has not collected yet, and what sockets hold. */
const garbageBytes = 64 * mib;
const deliveryTimeoutMs = 5_000;
const requestTimeoutMs = 1_000;
/** A busy machine may be late by this much. Without its timeouts, the producer would wait for ever. */
const lateMs = 10_000;
const fewPartitions = 8;
const manyPartitions = 1_000;

let proxied: ProxiedKafka<TestKafka>;
// Created at the beginning: a broker that has just got a thousand partitions takes its time to create another
// topic.
let floodedTopic: string;
let readTopic: string;
let soundTopic: string;
let trickleTopic: string;
let manyTopic: string;

beforeAll(async () => {
  proxied = await startProxiedKafka(startKafka, { brokers: 1, name: 'backpressure', heapMb: 640 });
  floodedTopic = await topicOf(fewPartitions);
  readTopic = await topicOf(fewPartitions);
  soundTopic = await topicOf(1);
  trickleTopic = await topicOf(fewPartitions);
  manyTopic = await topicOf(manyPartitions);
});

afterAll(() => proxied[Symbol.asyncDispose]());

// A busy machine must reach the bound before the delivery timeout frees memory. So where appends cost more,
// the bound is smaller.
describe.each([
  ['that reads nothing any more', 1_000, memoryBytes, fewPartitions, async () => stallProxy()],
  ['whose process is stopped', 100, memoryBytes / 8, fewPartitions, async () => stopBroker()],
  [
    `that reads nothing any more, ${manyPartitions} partitions`,
    1_000,
    memoryBytes / 2,
    manyPartitions,
    async () => stallProxy(),
  ],
] as const)('a broker %s, records of %d bytes', (_, valueBytes, boundBytes, partitions, stick) => {
  test('the producer stays within its bound, settles everything in time, and closes', async () => {
    const topic = partitions === manyPartitions ? manyTopic : floodedTopic;
    using producer = floodOf(topic, { partitions, valueBytes, boundBytes });
    await producer.ready();
    await stick();
    const flood = await producer.result();
    tell(`flood of ${valueBytes} bytes into ${partitions} partitions`, flood);
    expect(flood.refusedByBound).toBe(true);
    expect(flood.heldMax).toBeLessThanOrEqual(boundBytes);
    expect(flood.rssMax - flood.rssBefore).toBeLessThan(boundBytes + garbageBytes);
    const { refused = 0, unknown = 0, written = 0 } = flood.outcomes;
    expect(written).toBe(0);
    expect(refused + unknown).toBe(flood.taken);
    expect(unknown).toBeGreaterThan(0);
    expect(flood.longestWait).toBeLessThan(deliveryTimeoutMs + lateMs);
    expect(flood.closeTook).toBeLessThan(deliveryTimeoutMs + requestTimeoutMs + lateMs);
  });
});

test('a slow reader gets everything, and the fetcher holds no more than its budget', async () => {
  const records = await fill(readTopic, fewPartitions, { recordsEach: 600, valueBytes: 16_000 });
  using reader = readOf(readTopic, { partitions: fewPartitions, records, slowMs: 3_000 });
  await reader.ready();
  const read = await reader.result();
  tell('slow reader', read);
  expect(read.records).toBe(records);
  expect(read.heldMax).toBeLessThanOrEqual(prefetchBytes);
  expect(read.heldMax).toBeGreaterThan(prefetchBytes / 8);
  expect(read.rssMax - read.rssBefore).toBeLessThan(prefetchBytes + garbageBytes);
});

test('single records that trickle in count with the memory of their objects', async () => {
  const each = 400;
  const records = await fill(trickleTopic, fewPartitions, {
    recordsEach: each,
    valueBytes: 10,
    batchBytes: 1,
  });
  await using cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'trickle' });
  const options = { isolation: 'read_committed', prefetchBytes: mib, partitionMaxBytes: 1 } as const;
  using fetcher = startFetcher(cluster, options);
  for (let partition = 0; partition < fewPartitions; partition++)
    fetcher.assign(trickleTopic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  await expect.poll(() => fetcher.heldBytes, { timeout: 60_000, interval: 10 }).toBeGreaterThan(mib / 4);
  expect(await standsStill(() => fetcher.heldBytes)).toBeLessThanOrEqual(mib);
  let arrived = (await fetcher.next()).length;
  expect(arrived).toBeLessThan(mib / 1_024);
  while (arrived < records) arrived += (await fetcher.next()).length;
});

test(`${manyPartitions} partitions stay within the bounds, and cost next to no CPU while idle`, async () => {
  const records = await fill(manyTopic, manyPartitions, { recordsEach: 10, valueBytes: 1_000 });
  using reader = readOf(manyTopic, { partitions: manyPartitions, records, slowMs: 0 });
  await reader.ready();
  const read = await reader.result();
  tell(`reader of ${manyPartitions} partitions`, read);
  expect(read.records).toBe(records);
  expect(read.rssMax - read.rssBefore).toBeLessThan(prefetchBytes + garbageBytes);
  expect(read.idleCpu).toBeLessThan(0.2);

  using writer = floodOf(manyTopic, {
    partitions: manyPartitions,
    valueBytes: 1_000,
    boundBytes: memoryBytes,
    floodMs: 1_000,
    timeoutMs: 60_000,
  });
  await writer.ready();
  const flood = await writer.result();
  tell(`flood into ${manyPartitions} partitions of a sound broker`, flood);
  expect(flood.outcomes['written']).toBe(flood.taken);
  expect(flood.heldMax).toBeLessThanOrEqual(memoryBytes);
  expect(flood.rssMax - flood.rssBefore).toBeLessThan(memoryBytes + garbageBytes);
  expect(flood.idleCpu).toBeLessThan(0.05);
});

test('a partition without a leader leaves room for the others', async () => {
  const stuck = uniqueName('nowhere');
  await using cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'stuck-partition' });
  const written: string[] = [];
  const late: string[] = [];
  await using producer = await startBatchProducer<string>(cluster, {
    memoryBytes: 4 * mib,
    batchBytes: 64 * 1024,
    deliveryTimeoutMs: 10_000,
    onSettled: ({ outcome, tokens }) => {
      (outcome === 'written' ? written : late).push(...tokens);
    },
  });
  const append = (topic: string, token: string): boolean =>
    producer.append(topic, 0, { key: null, value: Buffer.alloc(1_000), timestampMs: Date.now() }, token);
  let taken = 0;
  while (append(stuck, 'stuck')) taken++;
  expect(taken).toBeGreaterThan(100);
  expect(producer.bufferedBytes).toBeLessThan(3 * mib);
  for (let index = 0; index < 100; index++) expect(append(soundTopic, `sound ${index}`)).toBe(true);
  await expect.poll(() => written.length, { timeout: 30_000, interval: 20 }).toBe(100);
  expect(late, 'the records of the partition without a leader still wait').toEqual([]);
});

async function topicOf(partitions: number): Promise<string> {
  const topic = uniqueName('backpressure');
  await proxied.kafka.createTopic(topic, { partitions });
  return topic;
}

function stallProxy(): void {
  proxied.proxies[0]!.stall();
  onTestFinished(async () => {
    await proxied.proxies[0]!.pass();
    proxied.proxies[0]!.cut();
  });
}

async function stopBroker(): Promise<void> {
  await proxied.kafka.brokers[0]!.pause();
  onTestFinished(() => proxied.kafka.brokers[0]!.resume());
}

function floodOf(
  topic: string,
  o: { partitions: number; valueBytes: number; boundBytes: number; floodMs?: number; timeoutMs?: number },
): WatchedProcess<Flood> {
  return watched('flooding-producer.fixture.ts', topic, {
    PARTITIONS: o.partitions,
    VALUE_BYTES: o.valueBytes,
    MEMORY_BYTES: o.boundBytes,
    DELIVERY_TIMEOUT_MS: o.timeoutMs ?? deliveryTimeoutMs,
    REQUEST_TIMEOUT_MS: o.timeoutMs ?? requestTimeoutMs,
    FLOOD_MS: o.floodMs ?? 1.5 * deliveryTimeoutMs,
    FLOOD_MAX_MS: o.floodMs ?? 60_000,
    IDLE_MS: o.floodMs === undefined ? 0 : 2_000,
  });
}

function readOf(
  topic: string,
  o: { partitions: number; records: number; slowMs: number },
): WatchedProcess<SlowRead> {
  return watched('slow-reader.fixture.ts', topic, {
    PARTITIONS: o.partitions,
    RECORDS: o.records,
    PREFETCH_BYTES: prefetchBytes,
    SLOW_MS: o.slowMs,
    IDLE_MS: 2_000,
  });
}

function watched<Result>(
  fixture: string,
  topic: string,
  numbers: Record<string, number>,
): WatchedProcess<Result> {
  const texts = Object.entries(numbers).map(([name, value]) => [name, String(value)]);
  const environment = { BOOTSTRAP: proxied.bootstrap.join(','), TOPIC: topic, ...Object.fromEntries(texts) };
  const started = new WatchedProcess<Result>(fixture, environment);
  onTestFinished(() => started[Symbol.dispose]());
  return started;
}

/** Resolves with the number of records in the topic: some may be left from a flood. */
async function fill(
  topic: string,
  partitions: number,
  o: { recordsEach: number; valueBytes: number; batchBytes?: number },
): Promise<number> {
  await using cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'fill' });
  const { batchBytes = 512 * 1024 } = o;
  await using producer = await startBatchProducer(cluster, { batchBytes, onSettled: () => undefined });
  const value = Buffer.alloc(o.valueBytes, 'y');
  for (let index = 0; index < o.recordsEach; index++) {
    for (let partition = 0; partition < partitions; partition++) {
      while (!producer.append(topic, partition, { key: null, value, timestampMs: Date.now() }, 0))
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  await producer.drain();
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const ends = await listOffsets(cluster, topic, numbers, 'latest', 'read_committed');
  return numbers.reduce((sum, partition) => sum + Number(ends.get(partition)?.offset), 0);
}

/** With PENSTOCK_TELL=1 it prints the measured figures, for the documentation. */
function tell(what: string, figures: Flood | SlowRead): void {
  if (!process.env['PENSTOCK_TELL']) return;
  const { rssBefore, rssMax, heldMax, ...rest } = figures;
  const inMib = (bytes: number): string => `${(bytes / mib).toFixed(1)} MiB`;
  const rss = `${inMib(rssBefore)} + ${inMib(rssMax - rssBefore)}`;
  process.stdout.write(`${what}: ${JSON.stringify({ heldMax: inMib(heldMax), rss, ...rest })}\n`);
}
