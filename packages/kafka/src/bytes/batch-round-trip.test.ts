import { crc32c } from '@node-rs/crc32';
import { readRecordsBatch, Reader } from '@platformatic/kafka';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tries, triesTimeoutMs } from '../../test/damage.fixture.ts';
import { batchBytesAt, countAt, crcAt, lastOffsetDeltaAt, maxTimestampAt } from './batch-header.ts';
import { codecs } from '../compression/codec.ts';
import { encodeBatch, recordBytesMax } from './encode-batch.ts';
import type { OutgoingRecord } from './encode-batch.ts';
import { readRecords } from './record-reader.ts';

const bytes = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 200 }) },
  // Lengths that take one to three bytes.
  { weight: 1, arbitrary: fc.nat(70_000).map((length) => new Uint8Array(length).fill(length)) },
);
const text = fc.string({ unit: 'binary', maxLength: 40 });
const headers = fc.array(
  fc.tuple(text, fc.oneof(fc.constant(null), text, fc.uint8Array({ maxLength: 40 }))),
  { maxLength: 5 },
);
const record: fc.Arbitrary<OutgoingRecord> = fc.record(
  {
    key: fc.option(bytes),
    value: fc.option(bytes),
    timestampMs: fc.oneof(
      fc.integer({ min: 1_700_000_000_000, max: 1_700_000_001_000 }),
      fc.integer({ min: 0, max: 2 ** 51 }),
    ),
    headers,
  },
  { requiredKeys: ['key', 'value', 'timestampMs'] },
);
const records = fc.array(record, { minLength: 1, maxLength: 12, size: 'max' });

test.each(codecs)(
  'any records come out of a %s batch as they went in',
  { timeout: triesTimeoutMs },
  (codec) => {
    fc.assert(
      fc.property(records, fc.bigInt({ min: 0n, max: 2n ** 62n }), (written, baseOffset) => {
        const batch = encodeBatch(written, { codec }).bytes;
        batch.writeBigInt64BE(baseOffset, 0);
        const read = [...readRecords({ bytes: batch, firstOffset: baseOffset })];
        expect(read.map((view) => view.offset)).toEqual(
          written.map((_, index) => baseOffset + BigInt(index)),
        );
        expect(read.map(plainOf)).toEqual(written.map(plainOf));
      }),
      tries,
    );
  },
);

test('any batch says what is in it, and its checksum is right', { timeout: triesTimeoutMs }, () => {
  fc.assert(
    fc.property(records, fc.constantFrom(...codecs), (written, codec) => {
      const { bytes: batch, count } = encodeBatch(written, { codec });
      expect(count).toBe(written.length);
      expect(countAt(batch, 0)).toBe(written.length);
      expect(lastOffsetDeltaAt(batch, 0)).toBe(written.length - 1);
      expect(batchBytesAt(batch, 0)).toBe(batch.length);
      expect(maxTimestampAt(batch, 0)).toBe(BigInt(Math.max(...written.map((each) => each.timestampMs))));
      expect(crcAt(batch, 0)).toBe(crc32c(batch.subarray(21)));
    }),
    tries,
  );
});

test('the size that accumulators reckon with is never too small', { timeout: triesTimeoutMs }, () => {
  fc.assert(
    fc.property(records, (written) => {
      const reckoned = written.reduce((sum, each) => sum + recordBytesMax(each), 61);
      expect(encodeBatch(written).bytes.length).toBeLessThanOrEqual(reckoned);
    }),
    tries,
  );
});

test('another reader finds the same keys, values and times', { timeout: triesTimeoutMs }, () => {
  fc.assert(
    fc.property(records, (written) => {
      const read = readRecordsBatch(Reader.from(encodeBatch(written).bytes));
      const found = read.records.map(({ key, value, timestampDelta }) => ({
        key: readable(key),
        value: readable(value),
        timestampMs: Number(read.firstTimestamp + timestampDelta),
      }));
      const expected = written.map(({ key, value, timestampMs }) => ({
        key: readable(key),
        value: readable(value),
        timestampMs,
      }));
      expect(found).toEqual(expected);
    }),
    tries,
  );
});

function plainOf(one: {
  key: Uint8Array | null;
  value: Uint8Array | null;
  timestampMs: number;
  headers?:
    | readonly (readonly [string, Uint8Array | string | null])[]
    | (() => readonly (readonly [string, Uint8Array | null])[]);
}) {
  const given = typeof one.headers === 'function' ? one.headers() : (one.headers ?? []);
  return {
    key: readable(one.key),
    value: readable(one.value),
    timestampMs: one.timestampMs,
    headers: given.map(([name, value]) => [name, readable(value)]),
  };
}

/** Strings compare a hundred times faster than buffers do. */
function readable(content: Uint8Array | string | null): string | null {
  return content === null ? null : Buffer.from(content as Uint8Array).toString('latin1');
}
