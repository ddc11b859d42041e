import { compressionsAlgorithms } from '@platformatic/kafka';
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

/** How the records of a batch are compressed; the index is the number in the batch's attributes (bits 0-2). */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
/** Compression of the records of a batch, all of them together. */
export type Codec = (typeof codecs)[number];

/** Most bytes one batch may grow to. The broker bounds only the compressed size, so a bomb has to stop here. */
export const inflatedBytesMax = 256 * 1024 * 1024;

/** The codec's number in the attributes of a batch. */
export function codecNumber(codec: Codec): number {
  return codecs.indexOf(codec);
}

/**
 * From so many bytes on, compressing aside pays. Measured on JSON events of 1 KB, zstd level 1, 2 cores, CPU per batch of the main
 * thread and in all, us:
 *
 *     batch    on this thread    aside: this thread / in all
 *     4 KB           42                42 /  96
 *     16 KB          80                53 / 154
 *     64 KB         216                62 / 343
 *     256 KB       1018               109 / 928
 *     1 MB         3394               194 / 4220
 *
 * Of all codecs, batches of 64 KB, CPU us per MB (and ratio): zstd 3 300 (3.8), gzip 19 000 (4.0), lz4 2 500 (2.4), snappy 1 800
 * (2.5); aside, this thread / in all: zstd 940 / 5 200, gzip 1 100 / 23 000. lz4 and snappy are WASM and cannot be put aside.
 *
 * So the hop costs some 50 us whatever the size, and below about 16 KB more than it saves. gzip costs five times zstd and gains
 * accordingly. Decisive is `chunkSize`: with Node's 16 KB each chunk is a hop of its own, and 1 MB cost 1 017 us here instead of 194.
 */
export const asideBytesMin = 32 * 1024;

/** Level 1 takes about as long as lz4 (WASM) and leaves two thirds of its bytes; 3, zstd's own default, gains nothing on events. */
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Compresses on this thread. `none` gives back the bytes themselves, nothing becomes nothing. */
export function compress(codec: Codec, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes; // the WASM codecs fail for nothing once their memory has grown
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

/** Compresses off this thread where Node can (gzip and zstd, in libuv's pool); lz4 and snappy are WASM and run here. */
export async function compressAside(codec: Codec, bytes: Buffer): Promise<Buffer> {
  if (bytes.length === 0) return bytes;
  const chunkSize = compressedBytesMax(bytes);
  if (codec === 'gzip') return gzipInPool(bytes, { chunkSize });
  if (codec === 'zstd') return zstdInPool(bytes, { ...zstdOptions, chunkSize });
  return compress(codec, bytes);
}

/** Room for what does not compress at all, so that all of it is one chunk (ZSTD_COMPRESSBOUND; deflate needs less). */
function compressedBytesMax(bytes: Buffer): number {
  return bytes.length + (bytes.length >>> 8) + 128;
}

/**
 * Decompresses the records of a batch on this thread. `none` gives back the bytes themselves (a view, no copy). What would grow beyond
 * `bytesMax` is given up there, whatever its header announces.
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
 * Events inflate about fourfold, so that most batches are one chunk that need not be joined: 950 us/MB at 1 MB, 1 390 with Node's
 * 16 KB. Memory that is not written to is not resident.
 */
function inflatedChunkBytes(bytes: Buffer): number {
  return Math.min(Math.max(4 * bytes.length, 16 * 1024), 1024 * 1024);
}

/** As Java frames it: one block behind a "xerial" header. */
function frameSnappy(block: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(xerialHeaderBytes + 4 + block.length);
  xerialMagic.copy(framed);
  framed.writeInt32BE(1, 8);
  framed.writeInt32BE(1, 12);
  framed.writeInt32BE(block.length, xerialHeaderBytes);
  block.copy(framed, xerialHeaderBytes + 4);
  return framed;
}
