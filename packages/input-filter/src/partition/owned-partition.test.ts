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
  type FormatNumber,
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
import { PartitionLane } from './owned-partition.ts';
import { PerMinute } from './per-minute.ts';
import { decodeSeen } from '../dedup/seen-record.ts';
import { isBalanced } from '../dedup/tally.ts';

const nowMs = Date.UTC(2026, 10, 23, 12);
const pipeline = createPipeline(builtInCatalogue);
const topics = { raw: 'raw', clean: 'clean', rejected: 'rejected', seen: 'seen' };

interface Sent {
  topic: string;
  record: RecordView;
}

function startLane(o: { routes?: Record<string, string>; batchBytesMax?: number } = {}) {
  const batches: { topic: string; count: number; bytes: Buffer }[] = [];
  const lane = new PartitionLane(
    {
      partition: 3,
      topicId: 'id',
      offset: 0n,
      leaderEpoch: 0,
      streamTimeMs: 0,
      window: new DedupWindow({ windowMs: 600_000, idsMax: 1 << 16 }),
    },
    {
      tools: {
        pipeline,
        geo: new GeoLookup([]),
        ipPrivacy: 'truncate',
        bodyBytesMax: 1 << 20,
        rawTopic: 'raw',
      },
      topics,
      routes: o.routes ?? {},
      ipPrivacy: 'truncate',
      batchBytesMax: o.batchBytesMax ?? 100_000,
      samples: { conflicts: new PerMinute(10), duplicates: new PerMinute(0) },
      log: { info: () => undefined },
      send: (topic, partition, batch) => {
        expect(partition).toBe(3);
        batches.push({ topic, ...batch });
      },
    },
  );
  const sent = (): Sent[] =>
    batches.flatMap(({ topic, bytes }) =>
      [...readRecords({ bytes, firstOffset: 0n })].map((record) => ({ topic, record })),
    );
  return {
    lane,
    batches,
    sent,
    to: (topic: string) => sent().flatMap((one) => (one.topic === topic ? one.record : [])),
  };
}

/** Gives records to the lane as if they had been fetched from its position. */
function feed(lane: PartitionLane, records: readonly OutgoingRecord[]): void {
  const { bytes, count } = encodeBatch(records);
  bytes.writeBigInt64BE(lane.position, 0);
  const nextOffset = lane.position + BigInt(count);
  const batch = {
    bytes,
    baseOffset: lane.position,
    lastOffset: nextOffset - 1n,
    firstOffset: lane.position,
    count,
    leaderEpoch: 0,
    maxTimestampMs: nowMs,
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
  for (const _ of lane.process(fetched)) expect(isBalanced(lane.open.tally)).toBe(true);
  expect(lane.position).toBe(nextOffset);
}

function headersOf(record: RecordView): Record<string, string> {
  return Object.fromEntries(record.headers().map(([name, value]) => [name, value?.toString() ?? '']));
}

function event(format: FormatNumber, seed: number, variant: 'healthy' | 'rejected' = 'healthy') {
  const random = seededRandom(seed);
  const eventId = `00000000-0000-4000-8000-${String(seed).padStart(12, '0')}`;
  return sampleEvent(format, { eventId, random, occurredAtMs: nowMs - 1000, variant });
}

function request(format: FormatNumber, ...events: ReturnType<typeof event>[]): OutgoingRecord {
  return rawRecord({ ...sampleBody(format, events, nowMs), clientIp: '81.2.69.160', receivedAtMs: nowMs });
}

test('every sample request of every format has exactly as many outcomes as events', () => {
  const { lane, to } = startLane();
  const samples = sampleRequests({ nowMs });
  feed(
    lane,
    samples.map((sample) => rawRecord({ ...sample, receivedAtMs: nowMs })),
  );
  lane.finish();
  const { tally } = lane.open;
  expect(tally.events).toBe(samples.reduce((sum, { expected }) => sum + expected.length, 0));
  expect(isBalanced(tally)).toBe(true);
  expect(to('clean')).toHaveLength(tally.clean);
  expect(to('rejected')).toHaveLength(tally.rejected + tally.unwanted + tally.conflict);
  const [seen] = to('seen').map((record) => decodeSeen(record.value!));
  expect(seen).toMatchObject({ tally, from: 0n, to: BigInt(samples.length) });
  expect(seen?.keys.length).toBe(tally.clean * 24);
});

test('a clean event carries its origin, its key, its time, and an anonymised address', () => {
  const { lane, to } = startLane();
  feed(lane, [request(3, event(3, 1), event(3, 2))]);
  lane.finish();
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
    const { lane, to } = startLane();
    const body = gzipSync('{"not json');
    feed(lane, [rawRecord({ body, hint: '2', contentEncoding: 'gzip', clientIp: '2a02:6b8:1:2::1' })]);
    lane.finish();
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
    expect(lane.open.tally).toMatchObject({ events: 1, rejected: 1 });
  });

  test('one bad event of a compressed request is there alone, inflated, and replayable', () => {
    const { lane, to } = startLane();
    const whole = sampleBody(2, [event(2, 1), event(2, 2, 'rejected'), event(2, 3)], nowMs);
    feed(lane, [
      rawRecord({ ...whole, body: gzipSync(whole.body), contentEncoding: 'gzip', receivedAtMs: nowMs }),
    ]);
    lane.finish();
    expect(to('clean')).toHaveLength(2);
    const [record] = to('rejected');
    expect(headersOf(record!)).toMatchObject({ [rejectedHeaders.index]: '1' });
    expect(headersOf(record!)).not.toHaveProperty(rawHeaders.contentEncoding);

    const again = startLane();
    const headers = record!.headers() as [string, Buffer][];
    feed(again.lane, [{ key: record!.key, value: record!.value, headers, timestampMs: nowMs }]);
    again.lane.finish();
    expect(again.lane.open.tally).toMatchObject({ events: 1, rejected: 1 });
    const names = again
      .to('rejected')[0]!
      .headers()
      .map(([name]) => name);
    expect(new Set(names).size).toBe(names.length); // a replayed record does not carry the old reason along
  });

  test('an event that inflates to more than events.rejected need take is kept as it was stored', () => {
    const { lane, to } = startLane();
    const [large, small] = [JSON.stringify({ name: 'x'.repeat(500_000) }), '{"name":1}'];
    const body = gzipSync(`[${large},${small}]`);
    feed(lane, [rawRecord({ body, hint: '2', contentEncoding: 'gzip' })]);
    lane.finish();
    const [first, second] = to('rejected');
    expect(first?.value).toEqual(body);
    expect(headersOf(first!)).toMatchObject({
      [rejectedHeaders.index]: '0',
      [rawHeaders.contentEncoding]: 'gzip',
    });
    expect(second?.value?.toString()).toBe(`[${small}]`);
    expect(headersOf(second!)).not.toHaveProperty(rawHeaders.contentEncoding);
  });

  test('thousands of broken events do not bring thousands of copies of their envelope', () => {
    const { lane, to } = startLane();
    const body = Buffer.from(`{"batch":[${'1,'.repeat(4_999)}1],${' '.repeat(15_000)}"client":{}}`);
    feed(lane, [rawRecord({ body, hint: '3' })]);
    lane.finish();
    const rejected = to('rejected');
    expect(rejected).toHaveLength(5_000);
    expect(rejected.reduce((sum, { value }) => sum + value!.length, 0)).toBeLessThan(40 * 1024 * 1024);
    expect(rejected[0]?.value?.length).toBeGreaterThan(15_000);
    expect(rejected[4_999]?.value?.toString()).toBe('1');
    expect(headersOf(rejected[4_999]!)[rejectedHeaders.detail]).toContain('without its envelope');
  });

  test('a raw record that no Receiver wrote is rejected, not given a made-up origin', () => {
    const { lane, to } = startLane();
    feed(lane, [
      { key: null, value: Buffer.from('{}'), timestampMs: nowMs },
      { key: null, value: null, timestampMs: 1 },
    ]);
    lane.finish();
    expect(to('rejected').map((record) => headersOf(record)[rejectedHeaders.reason])).toEqual([
      'missing-header',
      'missing-header',
    ]);
  });
});

describe('de-duplication', () => {
  test('a resent request is all duplicates, also within one transaction', () => {
    const { lane, to } = startLane();
    const sent = request(3, event(3, 1), event(3, 2));
    feed(lane, [sent, sent]);
    lane.finish();
    expect(lane.open.tally).toMatchObject({ events: 4, clean: 2, duplicate: 2, conflict: 0 });
    lane.settled();
    feed(lane, [sent]);
    lane.finish();
    expect(lane.open.tally).toMatchObject({ events: 2, clean: 0, duplicate: 2, conflict: 0 });
    expect(to('clean')).toHaveLength(2);
  });

  test('the same id with other content is a duplicate, and sampled in rejected', () => {
    const { lane, to } = startLane();
    const first = event(2, 1);
    feed(lane, [request(2, first), request(2, { ...first, event: 'something_else' })]);
    lane.finish();
    expect(lane.open.tally).toMatchObject({ events: 2, clean: 1, duplicate: 1, conflict: 1 });
    expect(to('rejected').map((record) => headersOf(record)[rejectedHeaders.reason])).toEqual([
      'duplicate-conflict',
    ]);
  });

  test('after an abort the same events are new again, and the counters have forgotten them', () => {
    const { lane } = startLane();
    const sent = request(1, event(1, 1));
    feed(lane, [sent]);
    lane.finish();
    lane.undone();
    expect(lane.position).toBe(0n);
    feed(lane, [sent]);
    expect(lane.open.tally).toMatchObject({ requests: 1, events: 1, clean: 1, duplicate: 0 });
  });
});

describe('a record that Kafka refuses', () => {
  test('is found by sending each alone, and rejected in its place; the rest passes', () => {
    const { lane, to, batches } = startLane();
    const sent = request(3, event(3, 1), event(3, 2), event(3, 3));
    feed(lane, [sent]);
    lane.finish();
    expect(lane.outputs.sourceOf('clean', 0)?.records).toHaveLength(3);
    lane.undone();
    batches.length = 0;

    lane.outputs.oneRecordEach = true;
    feed(lane, [sent]);
    lane.finish();
    expect(lane.outputs.sourceOf('clean', 1)).toEqual({ records: [{ rawOffset: 0n, index: 1 }] });
    lane.undone();
    batches.length = 0;

    lane.poison.mark(0n, 1, 'MESSAGE_TOO_LARGE');
    feed(lane, [sent]);
    lane.finish();
    expect(lane.open.tally).toMatchObject({ events: 3, clean: 2, rejected: 1 });
    expect(headersOf(to('rejected')[0]!)).toMatchObject({
      [rejectedHeaders.reason]: 'not-written',
      [rejectedHeaders.index]: '1',
    });
    lane.settled();
    expect(lane.poison.size).toBe(0);
    expect(lane.outputs.oneRecordEach).toBe(false);
  });
});

test('event types may have clean topics of their own', () => {
  const one = event(4, 1);
  const { lane, to } = startLane({ routes: { [one['event_type'] as string]: 'clean.special' } });
  feed(lane, [request(4, one)]);
  lane.finish();
  expect(to('clean.special')).toHaveLength(1);
  expect(to('clean')).toHaveLength(0);
});

test('batches stay below their bound, a larger record goes alone', () => {
  const { lane, batches } = startLane({ batchBytesMax: 4000 });
  feed(
    lane,
    Array.from({ length: 30 }, (_, n) => request(3, event(3, n))),
  );
  feed(lane, [rawRecord({ body: Buffer.alloc(9000, 'x'), hint: '1' })]);
  lane.finish();
  expect(batches.filter(({ topic }) => topic === 'clean').length).toBeGreaterThan(2);
  for (const { bytes, count } of batches) expect(bytes.length <= 4000 || count === 1).toBe(true);
});
