import { compressionsAlgorithms } from '../wire-library.ts';
import { promisify } from 'node:util';
import {
  constants,
  gunzipSync,
  gzip,
  gzipSync,
  zstdCompress,
  zstdCompressSync,
  zstdDecompressSync,
} from 'node:zlib';
import type { ZlibOptions, ZstdOptions } from 'node:zlib';
import { CorruptBatchError } from './corrupt-batch.ts';
import { inflateLz4 } from './inflate-lz4.ts';
import { inflateSnappy, xerialHeaderBytes, xerialMagic } from './inflate-snappy.ts';

/** The codecs by their number in the attributes of a batch (bits 0-2). */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
/** How the records of a batch are compressed, all of them together. */
export type Codec = (typeof codecs)[number];

/**
 * A batch may not inflate beyond this. Brokers limit only the compressed size, so a bomb must be stopped
 * here.
 */
export const inflatedBytesMax = 256 * 1024 * 1024;

/** The codec's number in the attributes of a batch. */
export function codecNumber(codec: Codec): number {
  return codecs.indexOf(codec);
}

/**
 * From this size on it pays to compress in the thread pool ("aside"). Measured on JSON events of 1 KB, zstd
 * level 1, 2 cores, CPU us per batch:
 *
 *     batch    on this thread    aside: this thread / in all
 *     4 KB           42                42 /  96
 *     16 KB          80                53 / 154
 *     64 KB         216                62 / 343
 *     256 KB       1018               109 / 928
 *     1 MB         3394               194 / 4220
 *
 * All codecs with batches of 64 KB, CPU us per MB (and ratio): zstd 3 300 (3.8), gzip 19 000 (4.0), lz4 2 500
 * (2.4), snappy 1 800 (2.5). Aside, this thread / in all: zstd 940 / 5 200, gzip 1 100 / 23 000. lz4 and
 * snappy are WASM and run only on this thread.
 *
 * So the detour through the pool costs about 50 us whatever the size; below about 16 KB that is more than it
 * saves. gzip costs five times as much as zstd, so it gains more. `chunkSize` is decisive: with Node's 16 KB,
 * each chunk makes the detour, and 1 MB cost 1 017 us here instead of 194.
 */
export const asideBytesMin = 32 * 1024;

/**
 * Level 1 is about as fast as lz4 (WASM) and makes two thirds of its bytes. Level 3, the default, gains
 * nothing on events.
 */
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses on this thread. `none` returns the bytes themselves; an empty buffer stays empty. */
export function compress(codec: Codec, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes; // once their memory has grown, the WASM codecs fail on empty input
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gzipSync(bytes, { chunkSize: compressedBytesMax(bytes) });
    case 'zstd':
      return zstdCompressSync(bytes, { ...zstdOptions, chunkSize: compressedBytesMax(bytes) });
    case 'lz4':
      return compressionsAlgorithms.lz4.compressSync(bytes);
    case 'snappy':
      return frameSnappy(compressionsAlgorithms.snappy.compressSync(bytes));
  }
}

const gzipInPool: (bytes: Buffer, options: ZlibOptions) => Promise<Buffer> = promisify(gzip);
const zstdInPool: (bytes: Buffer, options: ZstdOptions) => Promise<Buffer> = promisify(zstdCompress);

/** Compresses with gzip and zstd in libuv's pool. lz4 and snappy are WASM, and run on this thread. */
export async function compressAside(codec: Codec, bytes: Buffer): Promise<Buffer> {
  if (bytes.length === 0) return bytes;
  const chunkSize = compressedBytesMax(bytes);
  if (codec === 'gzip') return gzipInPool(bytes, { chunkSize });
  if (codec === 'zstd') return zstdInPool(bytes, { ...zstdOptions, chunkSize });
  return compress(codec, bytes);
}

/**
 * Enough room even for bytes that do not compress, so that the result is one chunk (ZSTD_COMPRESSBOUND;
 * deflate needs less).
 */
function compressedBytesMax(bytes: Buffer): number {
  return bytes.length + (bytes.length >>> 8) + 128;
}

/**
 * Decompresses the records of a batch on this thread. `none` returns the bytes themselves, not a copy. It
 * stops at `bytesMax`, whatever the header announces.
 * @throws CorruptBatchError
 */
export function decompress(codec: Codec, bytes: Buffer, bytesMax = inflatedBytesMax): Buffer {
  if (bytes.length === 0) return bytes; // a batch that compaction has emptied
  try {
    return inflate(codec, bytes, bytesMax);
  } catch (cause) {
    if (cause instanceof CorruptBatchError) throw cause;
    const tooLarge = cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE';
    const what = tooLarge ? `inflates to over ${bytesMax} bytes` : 'cannot be decompressed';
    throw new CorruptBatchError(`a ${codec} batch of ${bytes.length} bytes ${what}`, { cause });
  }
}

function inflate(codec: Codec, bytes: Buffer, maxOutputLength: number): Buffer {
  switch (codec) {
    case 'none':
      return bytes;
    case 'gzip':
      return gunzipSync(bytes, { maxOutputLength });
    case 'zstd':
      return zstdDecompressSync(bytes, { maxOutputLength, chunkSize: inflatedChunkBytes(bytes) });
    case 'lz4':
      return inflateLz4(bytes, maxOutputLength);
    case 'snappy':
      return inflateSnappy(bytes, maxOutputLength);
  }
}

/**
 * Events inflate about fourfold. With this size most batches are one chunk, and nothing has to be joined: 950
 * us/MB at 1 MB, 1 390 with Node's 16 KB. Memory that is never written to is not resident.
 */
function inflatedChunkBytes(bytes: Buffer): number {
  return Math.min(Math.max(4 * bytes.length, 16 * 1024), 1024 * 1024);
}

/** The frame that Java uses: a "xerial" header and one block. */
function frameSnappy(block: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(xerialHeaderBytes + 4 + block.length);
  xerialMagic.copy(framed);
  framed.writeInt32BE(1, 8);
  framed.writeInt32BE(1, 12);
  framed.writeInt32BE(block.length, xerialHeaderBytes);
  block.copy(framed, xerialHeaderBytes + 4);
  return framed;
}
