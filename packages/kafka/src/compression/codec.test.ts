import { describe, expect, test } from 'vitest';
import { codecNumber, codecs, compress, compressAside, decompress } from './codec.ts';
import { CorruptBatchError } from './corrupt-batch.ts';

const mebibyte = 1024 * 1024;
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

describe.each([
  ['gzip', compress('gzip', Buffer.alloc(32 * mebibyte))],
  ['zstd', compress('zstd', Buffer.alloc(32 * mebibyte))],
  ['snappy', compress('snappy', Buffer.alloc(32 * mebibyte))],
  ['snappy', manySnappyBlocks()],
  ['lz4', compress('lz4', Buffer.alloc(32 * mebibyte))],
  ['lz4', lz4Frame(Array.from({ length: 130_000 }, () => lz4Run(255)))],
  ['lz4', lz4Frame([lz4Run(32 * mebibyte)])],
] as const)('a bomb in %s', (codec, bomb) => {
  test('stops at the limit, and takes no more memory than that', () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(() => decompress(codec, bomb, mebibyte)).toThrow(/inflates to over 1048576 bytes/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * mebibyte);
    expect(() => decompress(codec, bomb, mebibyte)).toThrow(CorruptBatchError);
  });
});

test('an lz4 frame is believed by its blocks, not by the size that it announces', () => {
  const announcing = (bytes: bigint): Buffer => {
    const frame = lz4Frame([lz4Run(100)]);
    const size = Buffer.alloc(8);
    size.writeBigUInt64LE(bytes);
    frame[4]! |= 0x08; // content size
    return Buffer.concat([frame.subarray(0, 6), size, frame.subarray(6)]);
  };
  for (const size of [101n, 0n, 1n << 60n])
    expect(decompress('lz4', announcing(size)).toString()).toBe('a'.repeat(101));
});

test.each(['gzip', 'lz4', 'zstd'] as const)('%s: frames after each other are one content', (codec) => {
  const [first, second] = [Buffer.from('one, '.repeat(99)), Buffer.from('two, '.repeat(99))];
  const both = Buffer.concat([compress(codec, first), compress(codec, second)]);
  expect(decompress(codec, both).equals(Buffer.concat([first, second]))).toBe(true);
});

/**
 * One "a", and `more` times the same by a repetition of distance 1; then the last literals, which there must
 * be.
 */
function lz4Run(more: number): Buffer {
  const rest = more - 1 - 4 - 15;
  return Buffer.concat([
    Buffer.from([0x1f, 0x61, 1, 0]),
    Buffer.alloc(Math.floor(rest / 255), 255),
    Buffer.from([rest % 255, 0x10, 0x61]),
  ]);
}

/** Blocks that do not depend on each other, without checksums. */
function lz4Frame(blocks: readonly Buffer[]): Buffer {
  const parts: Buffer[] = [Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0])];
  for (const block of blocks) {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat([...parts, Buffer.alloc(4)]);
}

function manySnappyBlocks(): Buffer {
  const one = compress('snappy', Buffer.alloc(32 * 1024));
  return Buffer.concat([one, ...Array.from({ length: 99 }, () => one.subarray(16))]);
}
