import {
  builtInCatalogue,
  createPipeline,
  decodeEvent,
  rawHeaders,
  rejectedHeaders,
  sampleBody,
  sampleEvent,
  sampleRequests,
  seededRandom,
  type BuiltInFormat,
} from '@penstock/events';
import {
  encodeBatch,
  readRecords,
  type Fetched,
  type OutgoingRecord,
  type RecordView,
} from '@penstock/kafka';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { rawRecord } from '../../test/raw-records.ts';
import { DedupWindow } from '../dedup/dedup-window.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { LargeBodies } from '../request/large-bodies.ts';
import { DuplicateSamples } from './duplicate-samples.ts';
import { ReceiverClocks } from './receiver-clocks.ts';
import { OutputBudget } from './output-budget.ts';
import { OwnedPartition } from './owned-partition.ts';
import { decodeSeen } from '../dedup/seen-record.ts';
import { isBalanced } from '../dedup/tally.ts';
import { filterTopics } from '../topics.ts';

// Long, because all of it sees one class through the same harness: start, give, feed.
// Longer than 400 lines: a quarter is the set-up of one partition, without Kafka, that all of these share.
const nowMs = Date.UTC(2026, 10, 23, 12);
const pipeline = createPipeline(builtInCatalogue);
const names = { raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' };

interface Sent {
  topic: string;
  record: RecordView;
}

interface Options {
  routes?: Record<string, string>;
  batchBytesMax?: number;
  commitBytes?: number;
}

function start(o: Options = {}) {
  const batches: { topic: string; count: number; bytes: Buffer }[] = [];
  const budget = new OutputBudget(o.commitBytes ?? 1 << 30);
  const window = new DedupWindow({ windowMs: 600_000, idsMax: 1 << 16 });
  const owned = new OwnedPartition(
    {
      partition: 3,
      topicId: 'id',
      offset: 0n,
      leaderEpoch: 0,
      streamTimeMs: 0,
      window,
      seenAccepted: null,
    },
    {
      filter: {
        pipeline,
        geo: new GeoLookup([], { add: () => undefined }),
        ipPrivacy: 'truncate',
        bodyBytesMax: 1 << 20,
      },
      topics: filterTopics(names, o.routes ?? {}),
      output: {
        batchBytesMax: o.batchBytesMax ?? 100_000,
        budget,
        send: (topic, partition, batch) => {
          expect(partition).toBe(3);
          batches.push({ topic, ...batch });
        },
      },
      largeBodies: new LargeBodies(2),
      samples: new DuplicateSamples({ info: () => undefined }),
      clocks: new ReceiverClocks({ add: () => undefined }, { warn: () => undefined }),
    },
  );
  const sent = (): Sent[] =>
    batches.flatMap(({ topic, bytes }) =>
      [...readRecords({ bytes, firstOffset: 0n })].map((record) => ({ topic, record })),
    );
  return {
    owned,
    batches,
    budget,
    sent,
    to: (topic: string) => sent().flatMap((one) => (one.topic === topic ? one.record : [])),
  };
}

/** Gives records to the partition as if they had been fetched from its position. */
function give(owned: OwnedPartition, records: readonly OutgoingRecord[]): bigint {
  const { bytes, count } = encodeBatch(records);
  bytes.writeBigInt64BE(owned.position, 0);
  const nextOffset = owned.position + BigInt(count);
  const batch = {
    bytes,
    baseOffset: owned.position,
    lastOffset: nextOffset - 1n,
    firstOffset: owned.position,
    count,
    leaderEpoch: 0,
    maxTimestampMs: Math.max(...records.map(({ timestampMs }) => Number(timestampMs))),
  };
  const fetched: Fetched = {
    topic: 'raw',
    partition: 3,
    batches: [batch],
    nextOffset,
    lastEpoch: 0,
    highWatermark: nextOffset,
    lastStableOffset: nextOffset,
    logStartOffset: 0n,
    bytes: bytes.length,
    release: () => undefined,
    [Symbol.dispose]: () => undefined,
  };
  owned.backlog.add(fetched);
  return nextOffset;
}

/** The same, and lets it filter them all. */
function feed(owned: OwnedPartition, records: readonly OutgoingRecord[]): void {
  const nextOffset = give(owned, records);
  while (owned.isBusy) owned.work(0, () => undefined);
  expect(isBalanced(owned.open.tally)).toBe(true);
  expect(owned.position).toBe(nextOffset);
}

/** The same for requests that are large once they are inflated, which happens aside. */
async function feedLarge(owned: OwnedPartition, records: readonly OutgoingRecord[]): Promise<void> {
  const nextOffset = give(owned, records);
  while (owned.position < nextOffset) {
    owned.work(0, () => undefined);
    await new Promise(setImmediate);
  }
}

function headersOf(record: RecordView): Record<string, string> {
  return Object.fromEntries(record.headers().map(([name, value]) => [name, value?.toString() ?? '']));
}

function event(format: BuiltInFormat, seed: number, variant: 'healthy' | 'rejected' = 'healthy') {
  const random = seededRandom(seed);
  const eventId = `00000000-0000-4000-8000-${String(seed).padStart(12, '0')}`;
  return sampleEvent(format, { eventId, random, occurredAtMs: nowMs - 1000, variant });
}

function request(format: BuiltInFormat, ...events: ReturnType<typeof event>[]): OutgoingRecord {
  return rawRecord({ ...sampleBody(format, events, nowMs), clientIp: '81.2.69.160', receivedAtMs: nowMs });
}

test('every sample request of every format has exactly as many outcomes as events', () => {
  const { owned, to } = start();
  const samples = sampleRequests({ nowMs });
  feed(
    owned,
    samples.map((sample) => rawRecord({ ...sample, receivedAtMs: nowMs })),
  );
  owned.finish();
  const { tally } = owned.open;
  expect(tally.events).toBe(samples.reduce((sum, { expected }) => sum + expected.length, 0));
  expect(isBalanced(tally)).toBe(true);
  expect(to('clean')).toHaveLength(tally.clean);
  expect(to('rejected')).toHaveLength(tally.rejected + tally.unwanted + tally.conflict);
  const [seen] = to('seen').map((record) => decodeSeen(record.value!));
  expect(seen).toMatchObject({ tally, from: 0n, to: BigInt(samples.length) });
  expect(seen?.keys.length).toBe(tally.clean * 24);
});

test('a clean event carries its origin, its key, its time, and an anonymised address', () => {
  const { owned, to } = start();
  feed(owned, [request(3, event(3, 1), event(3, 2))]);
  owned.finish();
  const [first, second] = to('clean');
  expect(first?.key?.toString()).toBe('device-1');
  expect(first?.timestampMs).toBe(nowMs);
  expect(decodeEvent(first!.value!)).toMatchObject({
    net: { ip: '81.2.69.0' },
    origin: { dc: 'dc1', topic: 'raw', partition: 3, offset: 0, index: 0 },
  });
  expect(decodeEvent(second!.value!).origin).toMatchObject({ offset: 0, index: 1 });
});

describe('events.rejected', () => {
  test('a request that cannot be split is there once, with its bytes as they were stored', () => {
    const { owned, to } = start();
    const body = gzipSync('{"not json');
    feed(owned, [rawRecord({ body, hint: '2', contentEncoding: 'gzip', clientIp: '2a02:6b8:1:2::1' })]);
    owned.finish();
    const [record, ...more] = to('rejected');
    expect(more).toEqual([]);
    expect(record?.value).toEqual(body);
    expect(headersOf(record!)).toMatchObject({
      [rejectedHeaders.reason]: 'invalid-json',
      [rejectedHeaders.stage]: 'split',
      [rejectedHeaders.sourceTopic]: 'raw',
      [rejectedHeaders.sourcePartition]: '3',
      [rejectedHeaders.sourceOffset]: '0',
      [rawHeaders.contentEncoding]: 'gzip',
      [rawHeaders.clientIp]: '2a02:6b8:1::',
      [rawHeaders.formatHint]: '2',
    });
    expect(headersOf(record!)).not.toHaveProperty(rejectedHeaders.index);
    expect(owned.open.tally).toMatchObject({ events: 1, rejected: 1 });
  });

  test('one bad event of a compressed request is there alone, inflated, and replayable', () => {
    const { owned, to } = start();
    const whole = sampleBody(2, [event(2, 1), event(2, 2, 'rejected'), event(2, 3)], nowMs);
    feed(owned, [
      rawRecord({ ...whole, body: gzipSync(whole.body), contentEncoding: 'gzip', receivedAtMs: nowMs }),
    ]);
    owned.finish();
    expect(to('clean')).toHaveLength(2);
    const [record] = to('rejected');
    expect(headersOf(record!)).toMatchObject({ [rejectedHeaders.index]: '1' });
    expect(headersOf(record!)).not.toHaveProperty(rawHeaders.contentEncoding);

    const again = start();
    const headers = record!.headers() as [string, Buffer][];
    feed(again.owned, [{ key: record!.key, value: record!.value, headers, timestampMs: nowMs }]);
    again.owned.finish();
    expect(again.owned.open.tally).toMatchObject({ events: 1, rejected: 1 });
    const names = again
      .to('rejected')[0]!
      .headers()
      .map(([name]) => name);
    expect(new Set(names).size).toBe(names.length); // a replayed record does not carry the old reason along
  });

  test('an event that inflates to more than events.rejected need take is kept as it was stored', async () => {
    const { owned, to } = start();
    const [large, small] = [JSON.stringify({ name: 'x'.repeat(500_000) }), '{"name":1}'];
    const body = gzipSync(`[${large},${small}]`);
    await feedLarge(owned, [rawRecord({ body, hint: '2', contentEncoding: 'gzip' })]);
    owned.finish();
    const [first, second] = to('rejected');
    expect(first?.value).toEqual(body);
    expect(headersOf(first!)).toMatchObject({
      [rejectedHeaders.index]: '0',
      [rejectedHeaders.kept]: 'whole-request',
      [rawHeaders.contentEncoding]: 'gzip',
    });
    expect(second?.value?.toString()).toBe(`[${small}]`);
    expect(headersOf(second!)).not.toHaveProperty(rawHeaders.contentEncoding);
  });

  test('thousands of broken events do not bring thousands of copies of their envelope', () => {
    const { owned, to } = start();
    const body = Buffer.from(`{"batch":[${'1,'.repeat(4_999)}1],${' '.repeat(15_000)}"client":{}}`);
    feed(owned, [rawRecord({ body, hint: '3' })]);
    owned.finish();
    const rejected = to('rejected');
    expect(rejected).toHaveLength(5_000);
    expect(rejected.reduce((sum, { value }) => sum + value!.length, 0)).toBeLessThan(40 * 1024 * 1024);
    expect(rejected[0]?.value?.length).toBeGreaterThan(15_000);
    expect(rejected[4_999]?.value?.toString()).toBe('1');
    expect(headersOf(rejected[4_999]!)[rejectedHeaders.detail]).toContain('without its envelope');
    expect(headersOf(rejected[4_999]!)[rejectedHeaders.kept]).toBe('without-envelope');
  });

  test('a raw record that no Receiver wrote is rejected, not given a made-up origin', () => {
    const { owned, to } = start();
    feed(owned, [
      { key: null, value: Buffer.from('{}'), timestampMs: nowMs },
      { key: null, value: null, timestampMs: 1 },
    ]);
    owned.finish();
    expect(to('rejected').map((record) => headersOf(record)[rejectedHeaders.reason])).toEqual([
      'missing-header',
      'missing-header',
    ]);
  });
});

describe('a replayed record', () => {
  const replayed = (record: OutgoingRecord, ...more: [string, string][]): OutgoingRecord => ({
    ...record,
    headers: [...record.headers!, [rawHeaders.replays, '1'], ...more],
    timestampMs: nowMs + 30 * 24 * 3_600_000,
  });

  test('keeps its times, and has a timestamp by which retention does not take it at once', () => {
    const { owned, to } = start();
    const sent = request(3, event(3, 1));
    feed(owned, [replayed(sent)]);
    owned.finish();
    const [record] = to('clean');
    expect(record?.timestampMs).toBe(nowMs + 30 * 24 * 3_600_000);
    expect(decodeEvent(record!.value!)).toMatchObject({ received_at: nowMs, fixes: [] });
  });

  test('for one event of a request is that event alone, clean or rejected', () => {
    const { owned, to } = start();
    const sent = request(3, event(3, 1), event(3, 2), event(3, 3, 'rejected'));
    feed(owned, [
      replayed(sent, [rawHeaders.onlyIndex, '1']),
      replayed(sent, [rawHeaders.onlyIndex, '2']),
      replayed(sent, [rawHeaders.onlyIndex, '7']),
    ]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ requests: 3, events: 3, clean: 1, rejected: 2 });
    expect(decodeEvent(to('clean')[0]!.value!).origin.index).toBe(1);
    const [event2, noEvent] = to('rejected').map(headersOf);
    expect(event2).toMatchObject({ [rejectedHeaders.index]: '2' });
    expect(event2).not.toHaveProperty(rawHeaders.onlyIndex); // it is kept by itself
    expect(noEvent).toMatchObject({ [rejectedHeaders.reason]: 'empty-request', [rawHeaders.onlyIndex]: '7' });
  });
});

describe('de-duplication', () => {
  test('a resent request is all duplicates, also within one transaction', () => {
    const { owned, to } = start();
    const sent = request(3, event(3, 1), event(3, 2));
    feed(owned, [sent, sent]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ events: 4, clean: 2, duplicate: 2, conflict: 0 });
    owned.settled();
    feed(owned, [sent]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ events: 2, clean: 0, duplicate: 2, conflict: 0 });
    expect(to('clean')).toHaveLength(2);
  });

  test('the same id with other content is a duplicate, and sampled in rejected', () => {
    const { owned, to } = start();
    const first = event(2, 1);
    feed(owned, [request(2, first), request(2, { ...first, event: 'something_else' })]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ events: 2, clean: 1, duplicate: 1, conflict: 1 });
    expect(to('rejected').map((record) => headersOf(record)[rejectedHeaders.reason])).toEqual([
      'duplicate-conflict',
    ]);
  });

  test('after an abort the same events are new again, and the counters have forgotten them', () => {
    const { owned } = start();
    const sent = request(1, event(1, 1));
    feed(owned, [sent]);
    owned.finish();
    owned.undone();
    expect(owned.position).toBe(0n);
    feed(owned, [sent]);
    expect(owned.open.tally).toMatchObject({ requests: 1, events: 1, clean: 1, duplicate: 0 });
  });
});

describe('a record that Kafka refuses', () => {
  test('is found by sending each alone, and rejected in its place; the rest passes', () => {
    const { owned, to, batches } = start();
    const sent = request(3, event(3, 1), event(3, 2), event(3, 3));
    feed(owned, [sent]);
    owned.finish();
    expect(owned.outputs.sourceOf('clean', 0)?.records).toHaveLength(3);
    owned.undone();
    batches.length = 0;

    owned.outputs.oneRecordEach = true;
    feed(owned, [sent]);
    owned.finish();
    expect(owned.outputs.sourceOf('clean', 1)).toEqual({ records: [{ rawOffset: 0n, index: 1 }] });
    owned.undone();
    batches.length = 0;

    owned.poison.mark(0n, 1, 'MESSAGE_TOO_LARGE');
    feed(owned, [sent]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ events: 3, clean: 2, rejected: 1 });
    expect(headersOf(to('rejected')[0]!)).toMatchObject({
      [rejectedHeaders.reason]: 'not-written',
      [rejectedHeaders.index]: '1',
    });
    owned.settled();
    expect(owned.poison.size).toBe(0);
    expect(owned.outputs.oneRecordEach).toBe(false);
  });
});

test('a batch that cannot be read stops the partition after what was read, and nothing else', () => {
  const { owned, to } = start();
  give(owned, [request(3, event(3, 1))]);
  const { bytes } = encodeBatch([request(3, event(3, 2)), request(3, event(3, 3))]);
  bytes[22] = 4; // said to be zstd, which it is not; its checksum is right as far as anybody has looked
  bytes.writeBigInt64BE(1n, 0);
  const batch = { bytes, baseOffset: 1n, lastOffset: 2n, firstOffset: 1n, count: 2, leaderEpoch: 0 };
  const known = { topic: 'raw', partition: 3, lastEpoch: 0, logStartOffset: 0n, bytes: bytes.length };
  const ends = { nextOffset: 3n, highWatermark: 3n, lastStableOffset: 3n };
  const free = { release: () => undefined, [Symbol.dispose]: () => undefined };
  owned.backlog.add({ ...known, ...ends, ...free, batches: [{ ...batch, maxTimestampMs: nowMs }] });
  while (owned.isBusy) owned.work(0, () => undefined);
  expect(owned.position).toBe(1n);
  expect(owned.problem).toMatchObject({ kind: 'corrupt', from: 1n, to: 3n });
  expect(owned.problem?.detail).toMatch(/raw offsets 1 to 2 cannot be read .* cannot be decompressed/);
  owned.finish();
  expect(to('clean')).toHaveLength(1);
  owned.undone(); // what was fetched is fetched again, and the position is judged anew
  expect(owned.problem).toBeUndefined();
});

test('event types may have clean topics of their own', () => {
  const one = event(4, 1);
  const { owned, to } = start({ routes: { [one['event_type'] as string]: 'clean.special' } });
  feed(owned, [request(4, one)]);
  owned.finish();
  expect(to('clean.special')).toHaveLength(1);
  expect(to('clean')).toHaveLength(0);
});

test('batches stay below their bound, a larger record goes alone', () => {
  const { owned, batches } = start({ batchBytesMax: 4000 });
  feed(
    owned,
    Array.from({ length: 30 }, (_, n) => request(3, event(3, n))),
  );
  feed(owned, [rawRecord({ body: Buffer.alloc(9000, 'x'), hint: '1' })]);
  owned.finish();
  expect(batches.filter(({ topic }) => topic === 'clean').length).toBeGreaterThan(2);
  for (const { bytes, count } of batches) expect(bytes.length <= 4000 || count === 1).toBe(true);
});

describe('between two pieces of a request', () => {
  const three = () => request(3, event(3, 1), event(3, 2), event(3, 3));
  const piece = (owned: OwnedPartition) => owned.work(0, () => undefined);

  test.each([1, 2, 3, 4, 5, 6])(
    'the transaction may end, after %i of them: all of it is committed, or nothing',
    (pieces) => {
      const { owned, to } = start();
      feed(owned, [request(3, event(3, 9))]);
      give(owned, [three()]);
      for (let n = 0; n < pieces; n += 1) piece(owned);
      owned.goOnWriting(Infinity);
      owned.finish();
      const whole = owned.position === 2n;
      expect(owned.position).toBe(whole ? 2n : 1n);
      expect(to('clean')).toHaveLength(whole ? 4 : 1);
      expect(decodeSeen(to('seen')[0]!.value!)?.tally.events).toBe(whole ? 4 : 1);
      owned.settled();
      while (owned.isBusy) piece(owned);
      owned.finish();
      expect(to('clean')).toHaveLength(4);
      expect(owned.position).toBe(2n);
    },
  );

  test.each([1, 3, 5])('the transaction may be undone, after %i of them: all of it comes again', (pieces) => {
    const { owned, budget, batches } = start();
    const nextOffset = give(owned, [three()]);
    for (let n = 0; n < pieces; n += 1) piece(owned);
    owned.undone();
    expect(owned.isBusy).toBe(false);
    expect(owned.isDirty).toBe(false);
    expect(owned.window.pending).toBe(0);
    batches.length = 0;
    feed(owned, [three()]);
    owned.finish();
    expect(owned.open.tally).toMatchObject({ requests: 1, events: 3, clean: 3, duplicate: 0 });
    expect(owned.position).toBe(nextOffset);
    owned.settled();
    expect(budget.isSpent).toBe(false);
  });
});

test('the output budget is that of all partitions together, and what is sent counts until the end', () => {
  const { owned, budget } = start({ batchBytesMax: 1_000, commitBytes: 5_000 });
  give(
    owned,
    Array.from({ length: 50 }, (_, n) => request(3, event(3, n))),
  );
  owned.work(Infinity, () => undefined);
  expect(budget.isSpent).toBe(true);
  expect(owned.isBusy).toBe(true); // the rest waits for the next transaction
  const { position } = owned;
  expect(position).toBeLessThan(20n);
  owned.work(Infinity, () => undefined);
  expect(owned.position).toBe(position);
  owned.goOnWriting(Infinity);
  owned.finish();
  owned.settled();
  expect(budget.isSpent).toBe(false);
  owned.work(Infinity, () => undefined);
  expect(owned.position).toBeGreaterThan(position);
});

describe('the lag', () => {
  test('counts what is not committed, and its seconds are those of the oldest such record', () => {
    const { owned } = start();
    const at = (receivedAtMs: number) => rawRecord({ body: Buffer.from('{}'), hint: '2', receivedAtMs });
    feed(owned, [at(nowMs - 5_000), at(nowMs - 1_000)]);
    expect(owned.lag(7n, nowMs)).toEqual({ records: 7, seconds: 5 });
    owned.finish();
    owned.settled();
    give(owned, [at(nowMs - 400)]);
    expect(owned.lag(7n, nowMs)).toEqual({ records: 5, seconds: 0.4 });
  });

  test('is 0 when everything is committed, however long ago, and while nothing is known', () => {
    const { owned } = start();
    feed(owned, [request(3, event(3, 1))]);
    owned.finish();
    owned.settled();
    expect(owned.lag(1n, nowMs + 3_600_000)).toEqual({ records: 0, seconds: 0 });
    expect(owned.lag(-1n, nowMs)).toEqual({ records: 0, seconds: 0 });
    expect(owned.lag(9n, nowMs).seconds).toBeLessThan(1); // there, not fetched: counted from now on
  });
});

test('a large request that is given up while it is inflated frees its place for the next ones', async () => {
  const { owned } = start();
  const body = gzipSync(`[${' '.repeat(500_000)}1]`);
  const large = rawRecord({ body, hint: '2', contentEncoding: 'gzip' });
  for (let n = 0; n < 5; n += 1) {
    give(owned, [large]);
    owned.work(0, () => undefined);
    expect(owned.isBusy).toBe(false); // it waits for its turn, or for what is inflated
    owned.undone();
  }
  await feedLarge(owned, [large, large]);
  expect(owned.open.tally).toMatchObject({ requests: 2, events: 2, rejected: 2 });
});
