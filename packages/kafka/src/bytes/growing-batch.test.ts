import { crc32c } from '@node-rs/crc32';
import { readRecordsBatch, Reader } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BlockPool } from './block-pool.ts';
import { encodeBatch } from './encode-batch.ts';
import type { OutgoingRecord } from './encode-batch.ts';
import { GrowingBatch, recordFrameBytesMax } from './growing-batch.ts';
import { HeaderBytes } from './header-bytes.ts';
import { restamp } from './restamp.ts';
import { signBatch } from './sign-batch.ts';

const stamp = { producerId: 7n, producerEpoch: 3, baseSequence: 41, transactional: false };
const headers = new HeaderBytes();

/** Small blocks, so that keys, values and headers lie across their ends. */
function grown(records: readonly OutgoingRecord[], pool = new BlockPool(1024 * 64)): GrowingBatch {
  const batch = new GrowingBatch(pool, true);
  for (const record of records) {
    headers.write(record.headers);
    const bytes =
      recordFrameBytesMax + (record.key?.length ?? 0) + (record.value?.length ?? 0) + headers.length;
    const [before, most] = [batch.blockCount, batch.blocksFor(bytes)];
    batch.add(record, headers);
    expect(batch.blockCount - before).toBeLessThanOrEqual(most);
  }
  return batch;
}

function signed(batch: GrowingBatch): Buffer {
  const parts = batch.parts();
  const fields = {
    codec: 'none',
    count: batch.count,
    baseTimestampMs: batch.baseTimestampMs,
    maxTimestampMs: batch.maxTimestampMs,
  } as const;
  signBatch(parts[0]!, fields, stamp, { crc: batch.recordsCrc, byteCount: batch.byteCount - 61 });
  expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(batch.byteCount);
  return Buffer.concat(parts);
}

const bytes = fc.oneof(
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 900, maxLength: 3_000 }),
);
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.integer({ min: 0, max: 2_000 }).map((length) => 'ä'.repeat(length)),
);
const records = fc.array(
  fc.record({
    key: bytes,
    value: bytes,
    headers: fc.array(fc.tuple(text, fc.oneof(bytes, text)), { maxLength: 4 }),
    timestampMs: fc.integer({ min: 1_600_000_000_000, max: 1_800_000_000_000 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('a batch that grew record by record is, byte by byte, the one that is encoded at once', () => {
  fc.assert(
    fc.property(records, (all) => {
      const whole = encodeBatch(all).bytes;
      restamp(whole, stamp);
      expect(signed(grown(all)).equals(whole)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('the checksum is right and another reader finds the records', () => {
  const value = Buffer.alloc(700, 'v');
  const all = Array.from({ length: 20 }, (_, index) => ({
    key: null,
    value,
    timestampMs: 1_700_000_000_000 + index,
  }));
  const batch = signed(grown(all));
  expect(batch.readUInt32BE(17)).toBe(crc32c(batch.subarray(21)));
  expect(readRecordsBatch(Reader.from(batch)).records.map((record) => record.value?.equals(value))).toEqual(
    all.map(() => true),
  );
});

test('the caller may use its buffers again at once', () => {
  const value = Buffer.from('first');
  const pool = new BlockPool(1024 * 64);
  const batch = new GrowingBatch(pool, true);
  for (const word of ['first', 'other']) {
    value.write(word);
    headers.write([['name', value]]);
    batch.add({ key: value, value, timestampMs: 0 }, headers);
  }
  const seen = signed(batch).toString('latin1');
  expect(seen.match(/first/g)).toHaveLength(3);
  expect(seen.match(/other/g)).toHaveLength(3);
});
