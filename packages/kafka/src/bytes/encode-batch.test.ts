import { crc32c } from '@node-rs/crc32';
import { readRecordsBatch, Reader } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { countAt, crcAt, lastOffsetDeltaAt, maxTimestampAt } from './batch-header.ts';
import { encodeBatch, recordBytesMax } from './encode-batch.ts';
import type { OutgoingRecord } from './encode-batch.ts';

const records: OutgoingRecord[] = [
  { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 1_700_000_000_000 },
  { key: null, value: null, timestampMs: 1_700_000_000_500 },
  {
    key: Buffer.alloc(0),
    value: Buffer.alloc(300, 7),
    headers: [
      ['näme', 'wert'],
      ['null', null],
    ],
    timestampMs: 1_699_999_999_000,
  },
];

test('another reader finds what was written: keys, null values, headers, timestamps, order', () => {
  const { bytes } = encodeBatch(records);
  const read = readRecordsBatch(Reader.from(Buffer.from(bytes)));
  expect(read.records.map((record) => [record.key?.toString(), record.value?.length])).toEqual([
    ['k', 1],
    [undefined, undefined],
    ['', 300],
  ]);
  expect(read.records.map((record) => Number(read.firstTimestamp + record.timestampDelta))).toEqual(
    records.map((record) => record.timestampMs),
  );
  const [first] = read.records[2]!.headers;
  expect(first?.map((part) => part?.toString())).toEqual(['näme', 'wert']);
});

test('the header says what is in the batch, and the checksum is right', () => {
  const { bytes, count } = encodeBatch(records);
  expect(count).toBe(3);
  expect(countAt(bytes, 0)).toBe(3);
  expect(lastOffsetDeltaAt(bytes, 0)).toBe(2);
  expect(maxTimestampAt(bytes, 0)).toBe(1_700_000_000_500n);
  expect(crcAt(bytes, 0)).toBe(crc32c(bytes.subarray(21)));
});

test('the size that accumulators reckon with is never too small', () => {
  for (const record of records) {
    const header = 61;
    expect(encodeBatch([record]).bytes.length - header).toBeLessThanOrEqual(recordBytesMax(record));
  }
});

test('a batch of nothing is refused', () => {
  expect(() => encodeBatch([])).toThrow(RangeError);
});
