import { describe, expect, test } from 'vitest';
import { codecNumber, codecs, compress, compressAside, decompress } from './codec.ts';
import { CorruptBatchError } from './corrupt-batch.ts';

const bytes = Buffer.from('the same words, the same words; '.repeat(5_000));

describe.each(codecs)('%s', (codec) => {
  test('gives back what went in', async () => {
    expect(decompress(codec, compress(codec, bytes)).equals(bytes)).toBe(true);
    expect(decompress(codec, await compressAside(codec, bytes)).equals(bytes)).toBe(true);
    expect(decompress(codec, compress(codec, Buffer.alloc(0)))).toHaveLength(0);
  });
});

describe.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)('%s', (codec) => {
  test('says what is cut off instead of giving a part of it', () => {
    const compressed = compress(codec, bytes);
    expect(() => decompress(codec, compressed.subarray(0, compressed.length / 2))).toThrow(CorruptBatchError);
  });

  test('works on after damaged data', () => {
    const damaged = Buffer.from(compress(codec, bytes));
    damaged.fill(0xff, 20);
    expect(() => decompress(codec, damaged)).toThrow(CorruptBatchError);
    expect(decompress(codec, compress(codec, bytes)).equals(bytes)).toBe(true);
  });
});

test('codecs have the numbers of the protocol', () => {
  expect(codecs.map(codecNumber)).toEqual([0, 1, 2, 3, 4]);
});

test('bare snappy blocks, as librdkafka writes them, are read too', () => {
  const framed = compress('snappy', bytes);
  expect(decompress('snappy', framed.subarray(20)).equals(bytes)).toBe(true);
});

test('a snappy bomb is refused before it is inflated', () => {
  const announcing4GiB = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0]);
  expect(() => decompress('snappy', announcing4GiB)).toThrow(/inflates to over/);
});

test('a zstd bomb stops at the limit', () => {
  const bomb = compress('zstd', Buffer.alloc(257 * 1024 * 1024));
  expect(() => decompress('zstd', bomb)).toThrow(CorruptBatchError);
});
