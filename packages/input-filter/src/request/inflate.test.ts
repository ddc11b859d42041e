import { randomBytes } from 'node:crypto';
import {
  brotliCompressSync,
  constants,
  deflateRawSync,
  deflateSync,
  gzipSync,
  zstdCompressSync,
} from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate, type Inflated } from './inflate.ts';

const limit = 1_000_000;
const encoders = {
  gzip: (body: Buffer) => gzipSync(body),
  deflate: (body: Buffer) => deflateSync(body),
  // Brotli's default quality takes 10 s for the bomb below.
  br: (body: Buffer) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
  zstd: (body: Buffer) => zstdCompressSync(body),
} as const;

async function inflated(body: Uint8Array, encoding: string | undefined, bytesMax = limit): Promise<Inflated> {
  const result = inflate(body, encoding, bytesMax);
  return result.kind === 'large' ? result.inflate() : result;
}

const broken = { kind: 'rejected', reason: 'broken-encoding' };
const tooLarge = { kind: 'rejected', reason: 'inflated-too-large' };

describe.each(Object.entries(encoders))('%s', (encoding, compress) => {
  test.each([1_000, limit])(
    'a body exactly at a limit of %i passes, one byte more does not',
    async (most) => {
      const exact = Buffer.alloc(most, 'x');
      expect(await inflated(compress(exact), encoding, most)).toEqual({ kind: 'body', bytes: exact });
      expect(await inflated(compress(Buffer.alloc(most + 1, 'x')), encoding, most)).toMatchObject(tooLarge);
    },
  );

  test('a bomb of 100 MB ends at the limit, and the event loop goes on meanwhile', async () => {
    const bomb = compress(Buffer.alloc(100_000_000));
    const before = process.memoryUsage().arrayBuffers;
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    expect(await inflated(bomb, encoding)).toMatchObject(tooLarge);
    clearInterval(timer);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    expect(turns).toBeGreaterThan(0);
  });

  test('a truncated body is corrupt, at every length', async () => {
    const whole = compress(Buffer.from('{"events":[1,2,3]}'.repeat(20)));
    for (let length = 0; length < whole.length; length++) {
      const cut = whole.subarray(0, length);
      expect(await inflated(cut, encoding), `cut at ${length}`).toMatchObject(broken);
    }
  });

  test('a large body that is truncated is corrupt', async () => {
    const whole = compress(randomBytes(300_000));
    expect(await inflated(whole.subarray(0, 200_000), encoding)).toMatchObject(broken);
  });

  test('plain text under a wrong header is corrupt', async () => {
    expect(await inflated(Buffer.from('{"e":"click"}'), encoding)).toMatchObject(broken);
  });

  test.each([
    ['text', Buffer.from('{"event":2}')],
    ['a single byte', Buffer.from('x')],
    ['zeros', Buffer.alloc(8)],
    ['zeros and another stream', Buffer.concat([Buffer.alloc(3), compress(Buffer.from('{"event":2}'))])],
    ['noise', Buffer.from(Array.from({ length: 64 }, (_, n) => (n * 89 + 7) & 0xff))],
  ])('%s behind the end of the data is not lost: the body is refused', async (_, rest) => {
    for (const first of [Buffer.from('{"event":1}'), randomBytes(200_000)]) {
      const body = Buffer.concat([compress(first), rest]);
      expect(await inflated(body, encoding)).toMatchObject(broken);
    }
  });
});

describe.each(['gzip', 'zstd'] as const)('%s of several streams', (encoding) => {
  test.each([20, 200_000])('of %i bytes is read whole', async (bytes) => {
    const parts = [randomBytes(bytes), randomBytes(bytes), randomBytes(bytes)];
    const body = Buffer.concat(parts.map((part) => encoders[encoding](part)));
    expect(await inflated(body, encoding)).toEqual({ kind: 'body', bytes: Buffer.concat(parts) });
  });

  test('has one limit for all of them together', async () => {
    const half = encoders[encoding](Buffer.alloc(limit / 2 + 1, 'x'));
    expect(await inflated(Buffer.concat([half, half]), encoding)).toMatchObject(tooLarge);
  });
});

test.each(['deflate', 'br'] as const)(
  '%s knows one stream: a body of several is refused',
  async (encoding) => {
    for (const bytes of [20, 200_000]) {
      const stream = encoders[encoding](randomBytes(bytes));
      expect(await inflated(Buffer.concat([stream, stream]), encoding)).toMatchObject(broken);
    }
  },
);

test.each(['gzip', 'deflate'] as const)(
  '%s has a checksum: a large body with a wrong byte is corrupt',
  async (encoding) => {
    const body = encoders[encoding](randomBytes(300_000));
    body[150_000]! ^= 0x55;
    expect(await inflated(body, encoding)).toMatchObject(broken);
  },
);

test('deflate without the header of zlib, as old clients send it, is read, small and large', async () => {
  for (const body of [Buffer.from('{"e":"click"}'), Buffer.alloc(500_000, '[1]')]) {
    expect(await inflated(deflateRawSync(body), 'deflate')).toEqual({ kind: 'body', bytes: body });
  }
  const behind = Buffer.concat([deflateRawSync(Buffer.from('{}')), Buffer.from('{}')]);
  expect(await inflated(behind, 'deflate')).toMatchObject(broken);
});

test('x-gzip is gzip, in any spelling', async () => {
  const body = Buffer.from('{}');
  for (const encoding of ['x-gzip', ' X-GZIP ', 'GZip'])
    expect(await inflated(gzipSync(body), encoding)).toEqual({ kind: 'body', bytes: body });
});

test('no encoding is the same bytes, and still has the limit', async () => {
  const body = Buffer.from('{}');
  const result = await inflated(body, undefined, 2);
  expect(result.kind === 'body' && result.bytes === body).toBe(true);
  expect(await inflated(body, 'identity', 1)).toMatchObject(tooLarge);
});

test('unknown encodings, lists of encodings and names of Object.prototype are refused by name', async () => {
  for (const encoding of ['compress', 'gzip, gzip', 'constructor', '__proto__', 'toString']) {
    expect(await inflated(Buffer.from('x'), encoding)).toMatchObject({ reason: 'unknown-encoding' });
  }
});

test('a zstd frame that asks for a window beyond 8 MiB is refused before it is allocated', async () => {
  const wide = zstdCompressSync(Buffer.alloc(40_000_000, 'abc'), {
    params: { [constants.ZSTD_c_windowLog]: 26, [constants.ZSTD_c_enableLongDistanceMatching]: 1 },
  });
  expect(await inflated(wide, 'zstd', 100_000_000)).toMatchObject(broken);
});
