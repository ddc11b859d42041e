import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damaged, damageKinds, errorOf, tries, triesTimeoutMs, within } from '../../test/damage.fixture.ts';
import { batchHeaderBytes } from './batch-header.ts';
import { codecs, compress, decompress } from '../compression/codec.ts';
import { CorruptBatchError } from '../compression/corrupt-batch.ts';
import { encodeBatch } from './encode-batch.ts';
import { readRecords } from './record-reader.ts';

// What these damage has passed the checksum: a hostile producer wrote it, or it was read without one.

const damages = fc.array(fc.tuple(fc.nat(9_999), fc.nat(damageKinds - 1)), { minLength: 1, maxLength: 3 });
const record = fc.record({
  key: fc.option(fc.uint8Array({ maxLength: 20 })),
  value: fc.option(fc.uint8Array({ maxLength: 200 })),
  timestampMs: fc.integer({ min: 0, max: 2 ** 41 }),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 5 }), fc.option(fc.uint8Array({ maxLength: 5 }))), {
    maxLength: 3,
  }),
});
const records = fc.array(record, { minLength: 1, maxLength: 8 });

describe.each(codecs)('a %s batch', (codec) => {
  test(
    'damaged in its records gives records or a CorruptBatchError, soon and without much memory',
    () => {
      fc.assert(
        fc.property(records, damages, (written, some) => {
          const batch = damaged(encodeBatch(written, { codec }).bytes, some, batchHeaderBytes);
          const outcome = within(bombBytesMax, () => readAll(batch));
          expect(errorOf(outcome) ?? new CorruptBatchError('none')).toBeInstanceOf(CorruptBatchError);
        }),
        tries,
      );
    },
    triesTimeoutMs,
  );

  test(
    'cut off anywhere is a CorruptBatchError, never fewer records',
    () => {
      fc.assert(
        fc.property(records, (written) => {
          const batch = encodeBatch(written, { codec }).bytes;
          const whole = readAll(batch);
          for (let length = batchHeaderBytes; length < batch.length; length++) {
            const outcome = within(bombBytesMax, () => readAll(batch.subarray(0, length)));
            // An LZ4 frame may lack its end mark, which holds nothing.
            const found = codec === 'lz4' && errorOf(outcome) === undefined ? outcome : errorOf(outcome);
            expect([whole, expect.any(CorruptBatchError)], `cut at ${length}`).toContainEqual(found);
          }
        }),
        { ...tries, numRuns: Math.ceil(tries.numRuns / 20) },
      );
    },
    triesTimeoutMs,
  );

  test(
    'that is damaged while it is compressed leaves the codec sound',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), damages, (array, some) => {
          const plain = Buffer.from(array);
          const compressed = compress(codec, plain);
          within(bombBytesMax, () => decompress(codec, damaged(compressed, some)));
          expect(decompress(codec, compressed).equals(plain)).toBe(true);
        }),
        tries,
      );
    },
    triesTimeoutMs,
  );
});

test('a count or a record length that is not so is a CorruptBatchError, whatever it is', () => {
  const batch = encodeBatch([
    { key: Buffer.from('k'), value: Buffer.from('v'), timestampMs: 5 },
    { key: null, value: Buffer.from('w'), timestampMs: 5 },
  ]).bytes;
  for (const count of [-1, -(2 ** 31), 0, 1, 3, 2 ** 31 - 1]) {
    const wrong = Buffer.from(batch);
    wrong.writeInt32BE(count, 57);
    expect(errorOf(within(1 << 20, () => readAll(wrong))), `count ${count}`).toBeInstanceOf(
      CorruptBatchError,
    );
  }
});

test('a field that reaches into the next record is a CorruptBatchError', () => {
  const batch = encodeBatch([
    { key: Buffer.from('k'), value: null, timestampMs: 5 },
    { key: null, value: null, timestampMs: 5 },
  ]).bytes;
  // First record: length, attributes, time, offset, key length (at + 4), key, value length, header count.
  const keyLengthAt = batchHeaderBytes + 4;
  for (const length of [2, 3, 4, 5, 63]) {
    const wrong = Buffer.from(batch);
    wrong[keyLengthAt] = length * 2;
    wrong.writeUInt32BE(crc32c(wrong.subarray(21)), 17);
    expect(() => readAll(wrong), `a key of ${length}`).toThrow(CorruptBatchError);
  }
});

/** Half as much as a batch may grow to (`inflatedBytesMax`): nothing small may come near. */
const bombBytesMax = 128 * 1024 * 1024;

function readAll(batch: Buffer): unknown[] {
  return [...readRecords({ bytes: batch, firstOffset: 0n })].map((view) => [
    view.offset,
    view.key,
    view.value,
    view.headers(),
  ]);
}
