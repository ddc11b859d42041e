import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate } from './inflate.ts';

const limit = 100_000;
const encoders = {
  gzip: (body: Buffer) => gzipSync(body),
  deflate: (body: Buffer) => deflateSync(body),
  // Brotli's default quality takes 10 s for the bomb below
  br: (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (body: Buffer) => zstdCompressSync(body),
} as const;

describe.each(Object.entries(encoders))('%s', (encoding, compress) => {
  test('a body exactly at the limit passes, one byte more does not', () => {
    const exact = Buffer.alloc(limit, 'x');
    expect(inflate(compress(exact), encoding, limit)).toEqual({ kind: 'body', bytes: exact });
    const over = inflate(compress(Buffer.alloc(limit + 1, 'x')), encoding, limit);
    expect(over).toMatchObject({ kind: 'rejected', reason: 'inflated-too-large' });
  });

  test('a bomb of 100 MB is refused without being inflated', () => {
    const bomb = compress(Buffer.alloc(100_000_000));
    const before = process.memoryUsage().arrayBuffers;
    expect(inflate(bomb, encoding, limit)).toMatchObject({ kind: 'rejected', reason: 'inflated-too-large' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });

  test('a truncated body is corrupt, at every length', () => {
    const whole = compress(Buffer.from('{"events":[1,2,3]}'.repeat(20)));
    for (let length = 0; length < whole.length; length++) {
      expect(inflate(whole.subarray(0, length), encoding, limit), `cut at ${length}`).toMatchObject({
        kind: 'rejected',
        reason: 'broken-encoding',
      });
    }
  });

  test('plain text under a wrong header is corrupt', () => {
    expect(inflate(Buffer.from('{"e":"click"}'), encoding, limit)).toMatchObject({
      kind: 'rejected',
      reason: 'broken-encoding',
    });
  });
});

test('no encoding is the same bytes, and still has the limit', () => {
  const body = Buffer.from('{}');
  const inflated = inflate(body, undefined, 2);
  expect(inflated.kind === 'body' && inflated.bytes === body).toBe(true);
  expect(inflate(body, 'identity', 1)).toMatchObject({ kind: 'rejected', reason: 'inflated-too-large' });
});

test('unknown encodings, lists of encodings and names of Object.prototype are refused by name', () => {
  for (const encoding of ['compress', 'gzip, gzip', 'constructor', '__proto__', 'toString']) {
    expect(inflate(Buffer.from('x'), encoding, limit)).toMatchObject({
      kind: 'rejected',
      reason: 'unknown-encoding',
    });
  }
});

test('a zstd frame that asks for a window beyond 8 MiB is refused before it is allocated', () => {
  const wide = zstdCompressSync(Buffer.alloc(40_000_000, 'abc'), {
    params: { [constants.ZSTD_c_windowLog]: 26, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
  });
  expect(inflate(wide, 'zstd', 100_000_000)).toMatchObject({ kind: 'rejected', reason: 'broken-encoding' });
});
