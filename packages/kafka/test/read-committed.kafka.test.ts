import { sharedKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { seeded, seededRun } from '@penstock/test-faults';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  encodeBatch,
  openCluster,
  openTransactionSession,
  readRange,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { FetcherOptions } from '../src/fetch/fetcher-options.ts';
import type { Cluster, TransactionSession } from '../src/index.ts';

// Contract test 6: a reader sees what Kafka's own console consumer sees, record by record, with the same
// offsets.

let kafka: TestKafka;
let cluster: Cluster;
const topic = uniqueName('interleaved');
/** "offset value" of every record that the Java consumer sees. */
let committed: string[];
let everything: string[];

beforeAll(async () => {
  kafka = await sharedKafka();
  cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'read-committed-test' });
  await kafka.createTopic(topic);
  await writeInterleaved(topic, seededRun(1).seed);
  [committed, everything] = await Promise.all([oracle('read_committed'), oracle('read_uncommitted')]);
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
});

async function oracle(isolation: 'read_committed' | 'read_uncommitted'): Promise<string[]> {
  const seen = await kafka.consoleConsume(topic, { isolation, partition: 0, timeoutMs: 3_000 });
  return seen.map(({ offset, value }) => `${offset} ${value?.toString()}`);
}

/**
 * Five transactional producers and a plain one write to one partition in a random order. Short and long
 * transactions overlap; some have many batches; some are committed and some aborted.
 */
async function writeInterleaved(to: string, seed: number): Promise<void> {
  const random = seeded(seed);
  const sessions: TransactionSession[] = [];
  for (let i = 0; i < 5; i++) {
    sessions.push(await openTransactionSession(cluster, { transactionalId: uniqueName(`writer-${i}`) }));
  }
  await using plain = await startBatchProducer(cluster, { lingerMs: 0, onSettled() {} });
  let written = 0;
  const record = (by: string): { key: null; value: Buffer; timestampMs: number } => ({
    key: null,
    value: Buffer.from(`${by} ${written++} ${'.'.repeat(random(300))}`),
    timestampMs: Date.now(),
  });
  for (let step = 0; step < 400; step++) {
    const by = random(sessions.length + 1);
    const session = sessions[by];
    const act = random(10);
    if (!session) plain.append(to, 0, record('plain'), step);
    else if (act < 7)
      session.append(to, 0, encodeBatch(Array.from({ length: 1 + random(4) }, () => record(`txn-${by}`))));
    else if (act < 8) await session.commit();
    else if (act < 10) await session.abort();
    if (random(3) === 0) await sleep(1 + random(4));
  }
  for (const session of sessions) {
    await (random(2) === 0 ? session.commit() : session.abort());
    await session[Symbol.asyncDispose]();
  }
  await plain.drain();
}

/** Reads from `from` until `count` records have come. */
async function read(options: FetcherOptions, from: bigint, count: number): Promise<string[]> {
  using fetcher = startFetcher(cluster, options);
  fetcher.assign(topic, 0, { offset: from, lastFetchedEpoch: -1 });
  const seen: string[] = [];
  const signal = AbortSignal.timeout(20_000);
  while (seen.length < count && !signal.aborted) {
    for (const { batches } of await fetcher.next({ signal })) {
      for (const batch of batches) {
        for (const record of readRecords(batch)) seen.push(`${record.offset} ${record.value?.toString()}`);
      }
    }
  }
  return seen;
}

test('the log holds overlapping transactions, committed and aborted', () => {
  expect(committed.length).toBeGreaterThan(100);
  expect(everything.length - committed.length).toBeGreaterThan(100);
});

describe.each([
  ['one large fetch', {}],
  ['one batch a fetch', { partitionMaxBytes: 1, responseMaxBytes: 1 }],
  [
    'fetches that split transactions and cut batches off',
    { partitionMaxBytes: 1_500, responseMaxBytes: 1_500 },
  ],
  ['fetches far ahead of a small budget', { partitionMaxBytes: 700, prefetchBytes: 4_000 }],
])('%s', (_name, limits) => {
  test('read_committed shows exactly what the Java consumer shows', async () => {
    expect(await read({ isolation: 'read_committed', ...limits }, 0n, committed.length)).toEqual(committed);
  });

  test('read_uncommitted does so too', async () => {
    expect(await read({ isolation: 'read_uncommitted', ...limits }, 0n, everything.length)).toEqual(
      everything,
    );
  });
});

test('from any offset, also inside a batch, a reader sees the rest and no more', async () => {
  const end = BigInt(committed.at(-1)!.split(' ')[0]!);
  const offsets = committed.map((line) => BigInt(line.split(' ')[0]!));
  for (let from = 0n; from <= end; from++) {
    const expected = committed.filter((_, index) => offsets[index]! >= from).slice(0, 30);
    const seen = await read({ isolation: 'read_committed', partitionMaxBytes: 2_000 }, from, expected.length);
    expect(seen.slice(0, expected.length), `from ${from}`).toEqual(expected);
  }
});

test('seeking back and forth with one fetcher leaves nothing behind', async () => {
  const random = seeded(42);
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', partitionMaxBytes: 1_000 });
  const byOffset = new Map(committed.map((line) => [BigInt(line.split(' ')[0]!), line]));
  for (let seek = 0; seek < 100; seek++) {
    const from = BigInt(random(Number(committed.at(-1)!.split(' ')[0])));
    fetcher.assign(topic, 0, { offset: from, lastFetchedEpoch: -1 });
    let position = from;
    for (const { batches, nextOffset } of await fetcher.next({ maxWaitMs: 5_000 })) {
      const seen = batches
        .flatMap((batch) => [...readRecords(batch)])
        .map((r) => `${r.offset} ${r.value?.toString()}`);
      const expected: string[] = [];
      for (; position < nextOffset; position++)
        if (byOffset.has(position)) expected.push(byOffset.get(position)!);
      expect(seen, `from ${from}`).toEqual(expected);
    }
    expect(position).toBeGreaterThan(from);
  }
});

test('a range is read up to its end and not beyond', async () => {
  const offsets = committed.map((line) => BigInt(line.split(' ')[0]!));
  const [from, to] = [offsets[10]! + 1n, offsets[90]!];
  const seen: bigint[] = [];
  const range = { from, to, isolation: 'read_committed' } as const;
  await readRange({ cluster, topic, partition: 0 }, range, ({ offset }) => seen.push(offset));
  expect(seen).toEqual(offsets.slice(11, 90));
});

test('an open transaction hides what follows it until it is decided', async () => {
  const held = uniqueName('held');
  await kafka.createTopic(held);
  await using open = await openTransactionSession(cluster, { transactionalId: uniqueName('open') });
  await using plain = await startBatchProducer(cluster, { lingerMs: 0, onSettled() {} });
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 100 });
  const one = encodeBatch([{ key: null, value: Buffer.from('open'), timestampMs: Date.now() }]);
  open.append(held, 0, one);
  using uncommitted = startFetcher(cluster, { isolation: 'read_uncommitted', maxWaitMs: 100 });
  uncommitted.assign(held, 0, { offset: 0n, lastFetchedEpoch: -1 });
  expect((await uncommitted.next({ maxWaitMs: 5_000 }))[0]?.batches).toHaveLength(1);
  plain.append(held, 0, { key: null, value: Buffer.from('behind'), timestampMs: Date.now() }, 0);
  await plain.drain();
  fetcher.assign(held, 0, { offset: 0n, lastFetchedEpoch: -1 });
  expect(await fetcher.next({ maxWaitMs: 500 })).toEqual([]);
  expect(fetcher.marks(held, 0)).toMatchObject({ position: 0n, highWatermark: 2n, lastStableOffset: 0n });
  await open.commit();
  const seen: string[] = [];
  while (seen.length < 2) {
    for (const { batches } of await fetcher.next()) {
      for (const batch of batches) for (const record of readRecords(batch)) seen.push(String(record.value));
    }
  }
  expect(seen).toEqual(['open', 'behind']);
});
