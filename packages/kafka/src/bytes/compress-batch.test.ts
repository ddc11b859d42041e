import { crc32c } from '@node-rs/crc32';
import { expect, test } from 'vitest';
import { batchBytesAt, crcAt } from './batch-header.ts';
import { asideBytesMin, codecs } from '../compression/codec.ts';
import { compressBatch, compressBatchAside, isWorthAside } from './compress-batch.ts';
import { encodeBatch } from './encode-batch.ts';
import { readRecords } from './record-reader.ts';
import { restamp } from './restamp.ts';

const records = Array.from({ length: 200 }, (_, index) => ({
  key: index % 3 === 0 ? null : Buffer.from(`key ${index}`),
  value: index % 7 === 0 ? null : Buffer.from(`value ${index} `.repeat(20)),
  timestampMs: 1_700_000_000_000 + index,
}));

test.each(codecs)('%s: a plain batch is the same batch compressed, here or aside', async (codec) => {
  const plain = encodeBatch(records);
  restamp(plain.bytes, { producerId: 7n, producerEpoch: 3, baseSequence: 11, transactional: true });
  const here = compressBatch(plain, codec);
  const aside = await compressBatchAside(plain, codec);
  const expected = encodeBatch(records, { codec });
  restamp(expected.bytes, { producerId: 7n, producerEpoch: 3, baseSequence: 11, transactional: true });
  expect(here.bytes.equals(expected.bytes)).toBe(true);
  // In the pool zstd writes another frame header: it does not know the size beforehand.
  for (const { bytes, count } of [here, aside]) {
    expect(count).toBe(200);
    expect(crcAt(bytes, 0)).toBe(crc32c(bytes.subarray(21)));
    expect(batchBytesAt(bytes, 0)).toBe(bytes.length);
    const read = [...readRecords({ bytes, firstOffset: 0n })].map(({ value }) => value?.toString());
    expect(read).toEqual(records.map(({ value }) => value?.toString()));
  }
});

test('only what libuv can compress is worth to be put aside, and only when it is large', () => {
  const small = encodeBatch(records.slice(0, 10));
  const large = { ...small, bytes: Buffer.alloc(asideBytesMin) };
  expect(codecs.filter((codec) => isWorthAside(small, codec))).toEqual([]);
  expect(codecs.filter((codec) => isWorthAside(large, codec))).toEqual(['gzip', 'zstd']);
});
