import { crc32c } from '@node-rs/crc32';
import {
  attributesAt,
  batchHeaderBytes,
  checkedFrom,
  codecBits,
  fieldAt,
  lengthEnd,
} from './batch-header.ts';
import { asideBytesMin, codecNumber, compress, compressAside } from '../compression/codec.ts';
import type { Codec } from '../compression/codec.ts';

/** A v2 batch, and how many records it has. */
interface Batch {
  bytes: Buffer;
  count: number;
}

/**
 * Compresses the records of an uncompressed batch, on this thread. Corrects the checksum and keeps the
 * producer fields.
 */
export function compressBatch(plain: Batch, codec: Codec): Batch {
  if (codec === 'none') return plain;
  return withRecords(plain, codec, compress(codec, recordsOf(plain)));
}

/**
 * Whether `compressBatchAside` takes work off this thread. Otherwise it only costs a turn of the event loop.
 */
export function isWorthAside(plain: Batch, codec: Codec): boolean {
  return (codec === 'zstd' || codec === 'gzip') && plain.bytes.length >= asideBytesMin;
}

/**
 * The same in libuv's pool. `plain` must stay unchanged until this settles. Several at a time settle in any
 * order.
 */
export async function compressBatchAside(plain: Batch, codec: Codec): Promise<Batch> {
  return withRecords(plain, codec, await compressAside(codec, recordsOf(plain)));
}

function recordsOf({ bytes }: Batch): Buffer {
  return bytes.subarray(batchHeaderBytes);
}

function withRecords({ bytes: plain, count }: Batch, codec: Codec, compressed: Buffer): Batch {
  const bytes = Buffer.allocUnsafe(batchHeaderBytes + compressed.length);
  plain.copy(bytes, 0, 0, batchHeaderBytes);
  compressed.copy(bytes, batchHeaderBytes);
  bytes.writeInt32BE(bytes.length - lengthEnd, fieldAt.length);
  bytes.writeUInt16BE((attributesAt(bytes, 0) & ~codecBits) | codecNumber(codec), fieldAt.attributes);
  bytes.writeUInt32BE(crc32c(bytes.subarray(checkedFrom)), fieldAt.crc);
  return { bytes, count };
}
