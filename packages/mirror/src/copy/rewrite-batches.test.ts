import { codecs, CorruptBatchError, readRecords, type FetchedBatch } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { fetchedBatch, records } from './fetched-batch.fixture.ts';
import { rewriteBatches } from './rewrite-batches.ts';

const wide = { messageBytesMax: 1_000_000 };

test.each(codecs)(
  'records written anew with %s read as before, tombstones, headers and times included',
  (codec) => {
    const batch = fetchedBatch(records(50, 300), 1000n, codec);
    const [rewritten, ...more] = rewriteBatches([batch], wide, 'end').batches;
    expect(more).toEqual([]);
    expect(read(rewritten!.bytes)).toEqual(read(batch.bytes));
    expect(rewritten).toMatchObject({ count: 50, firstOffset: 1000n, lastOffset: 1049n });
    expect(rewritten!.bytes.readUInt16BE(21) & 7).toBe(batch.bytes.readUInt16BE(21) & 7);
  },
);

test('records below the first wanted one are left out', () => {
  const batch = { ...fetchedBatch(records(10, 20), 100n), firstOffset: 104n };
  const [rewritten] = rewriteBatches([batch], wide, 'end').batches;
  expect(read(rewritten!.bytes)).toEqual(read(batch.bytes).slice(4));
  expect(rewritten).toMatchObject({ count: 6, firstOffset: 104n, lastOffset: 109n });
});

test('the time of the log becomes the time of the record', () => {
  const batch = fetchedBatch(records(3, 20));
  batch.bytes.writeUInt16BE(0x08, 21);
  batch.bytes.writeBigInt64BE(1_800_000_000_000n, 35);
  const [rewritten] = rewriteBatches([batch], wide, 'end').batches;
  expect(read(rewritten!.bytes).map(({ timestampMs }) => timestampMs)).toEqual(
    Array(3).fill(1_800_000_000_000),
  );
  expect(rewritten!.bytes.readUInt16BE(21) & 0x08).toBe(0);
});

test('what is too large is split until it fits, in order', () => {
  const batch = fetchedBatch(records(64, 1_000));
  const { batches, oversize } = rewriteBatches([batch], { messageBytesMax: 5_000 }, 'end');
  expect(oversize).toEqual([]);
  expect(Math.max(...batches.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(5_000);
  expect(batches.flatMap(({ bytes }) => read(bytes))).toEqual(read(batch.bytes));
});

test('a record that is too large alone is named; what comes before it is there', () => {
  const large = [
    ...records(6, 100),
    { key: null, value: Buffer.alloc(9_000), timestampMs: 0 },
    ...records(2, 100),
  ];
  const batch = fetchedBatch(large, 500n);
  const { batches, oversize } = rewriteBatches([batch], { messageBytesMax: 2_000 }, 'end');
  expect(oversize).toMatchObject([{ offset: 506n }]);
  expect(batches.flatMap(({ bytes }) => read(bytes))).toEqual(read(batch.bytes).slice(0, 6));
});

test.each<[string, (bytes: Buffer) => Partial<FetchedBatch>, number]>([
  ['trimmed', () => ({ firstOffset: 1n }), 1_000_000],
  ['split', () => ({}), 200],
  ['dated anew', (bytes) => (bytes.writeUInt16BE(0x08, 21), {}), 1_000_000],
])('header names that are not UTF-8 stay the bytes that they are when a batch is %s', (_, change, limit) => {
  // One header: its name is ff fe, which no text is, and its value 01.
  const encodedHeaders = Buffer.from('0204fffe0201', 'hex');
  const odd = [1, 2, 3, 4].map((at) => ({
    key: null,
    value: Buffer.alloc(60, at),
    encodedHeaders,
    timestampMs: at,
  }));
  const batch = fetchedBatch(odd);
  const { batches } = rewriteBatches(
    [{ ...batch, ...change(batch.bytes) }],
    { messageBytesMax: limit },
    'end',
  );
  const copied = batches.flatMap(({ bytes }) => [...readRecords({ bytes, firstOffset: 0n })]);
  expect(copied.length).toBeGreaterThan(2);
  for (const record of copied) expect(record.encodedHeaders).toEqual(encodedHeaders);
});

test('several batches become one', () => {
  const batches = [0n, 3n, 6n].map((baseOffset) => fetchedBatch(records(3, 10), baseOffset, 'zstd'));
  const [joined, ...more] = rewriteBatches(batches, wide, 'end').batches;
  expect(more).toEqual([]);
  expect(joined).toMatchObject({ count: 9, firstOffset: 0n, lastOffset: 8n });
});

test('bytes that are no records are an error, not a copy', () => {
  const batch = fetchedBatch(records(10, 100), 0n, 'zstd');
  batch.bytes.fill(0xff, 61);
  expect(() => rewriteBatches([batch], wide, 'end')).toThrow(CorruptBatchError);
});

function read(bytes: FetchedBatch['bytes']) {
  return Array.from(readRecords({ bytes, firstOffset: bytes.readBigInt64BE(0) }), (record) => ({
    key: record.key?.toString('hex'),
    value: record.value?.toString('hex'),
    headers: record.headers().map(([name, value]) => [name, value?.toString('hex')]),
    timestampMs: record.timestampMs,
  }));
}
