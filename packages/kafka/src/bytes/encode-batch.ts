import { crc32c } from '@node-rs/crc32';
import { batchHeaderBytes, checkedFrom, fieldAt } from './batch-header.ts';
import { compress } from '../compression/codec.ts';
import type { Codec } from '../compression/codec.ts';
import { writeHeader } from './sign-batch.ts';
import { varintBytes, writeVarint } from './varint.ts';

/** A value that is a string is written as UTF-8. */
export type Header = readonly [name: string, value: Uint8Array | string | null];

export interface OutgoingRecord {
  key: Uint8Array | null;
  value: Uint8Array | null;
  headers?: readonly Header[];
  /** CreateTime, ms since 1970. */
  timestampMs: number;
}

/** A record that may be a copy of another one. */
export interface EncodableRecord extends OutgoingRecord {
  /** In place of `headers`: `RecordView.encodedHeaders` of the original, written as they are. */
  encodedHeaders?: Uint8Array;
}

export interface EncodedBatch {
  /** One v2 batch with its checksum, but without a producer: `restamp` gives it one. */
  bytes: Buffer;
  count: number;
}

/**
 * Encodes at least one record into one batch. It computes the sizes first, and then writes everything into
 * one buffer. Keys and values are copied, so the caller may reuse them at once.
 */
export function encodeBatch(
  records: readonly EncodableRecord[],
  options: { codec?: Codec } = {},
): EncodedBatch {
  const codec = options.codec ?? 'none';
  const first = records[0];
  if (!first) throw new RangeError('a batch has at least one record');
  const baseTimestamp = first.timestampMs;
  const sizes = new Int32Array(records.length);
  let recordsBytes = 0;
  for (const [index, record] of records.entries()) {
    const bodyBytes = recordBodyBytes(record, index, baseTimestamp);
    sizes[index] = bodyBytes;
    recordsBytes += varintBytes(bodyBytes) + bodyBytes;
  }
  const plain = Buffer.allocUnsafe(batchHeaderBytes + recordsBytes);
  let at = batchHeaderBytes;
  let maxTimestamp = baseTimestamp;
  for (const [index, record] of records.entries()) {
    at = writeVarint(plain, at, sizes[index]!);
    at = writeRecord(plain, at, record, index, baseTimestamp);
    if (record.timestampMs > maxTimestamp) maxTimestamp = record.timestampMs;
  }
  const bytes = codec === 'none' ? plain : withCompressedRecords(plain, codec);
  const fields = {
    codec,
    count: records.length,
    baseTimestampMs: baseTimestamp,
    maxTimestampMs: maxTimestamp,
  };
  writeHeader(bytes, fields, bytes.length);
  bytes.writeUInt32BE(crc32c(bytes.subarray(checkedFrom)), fieldAt.crc);
  return { bytes, count: records.length };
}

/** At most this many bytes are added to a batch by `record`. */
export function recordBytesMax(record: EncodableRecord): number {
  let bytes = 32 + (record.key?.length ?? 0) + (record.value?.length ?? 0);
  for (const [name, value] of record.headers ?? []) {
    bytes += 20 + name.length * 3 + (typeof value === 'string' ? value.length * 3 : (value?.length ?? 0));
  }
  return bytes + (record.encodedHeaders?.length ?? 0);
}

function withCompressedRecords(plain: Buffer, codec: Codec): Buffer {
  const compressed = compress(codec, plain.subarray(batchHeaderBytes));
  const bytes = Buffer.allocUnsafe(batchHeaderBytes + compressed.length);
  bytes.set(compressed, batchHeaderBytes);
  return bytes;
}

function recordBodyBytes(record: EncodableRecord, offsetDelta: number, baseTimestamp: number): number {
  const headers = record.headers ?? [];
  let bytes = 1 + varintBytes(record.timestampMs - baseTimestamp) + varintBytes(offsetDelta);
  bytes += nullableBytes(record.key) + nullableBytes(record.value);
  if (record.encodedHeaders) return bytes + record.encodedHeaders.length;
  bytes += varintBytes(headers.length);
  for (const [name, value] of headers) {
    const nameBytes = Buffer.byteLength(name);
    bytes += varintBytes(nameBytes) + nameBytes;
    if (typeof value === 'string') {
      const valueBytes = Buffer.byteLength(value);
      bytes += varintBytes(valueBytes) + valueBytes;
    } else {
      bytes += nullableBytes(value);
    }
  }
  return bytes;
}

function nullableBytes(value: Uint8Array | null): number {
  return value === null ? 1 : varintBytes(value.length) + value.length;
}

function writeRecord(
  buffer: Buffer,
  start: number,
  record: EncodableRecord,
  offsetDelta: number,
  baseTimestamp: number,
): number {
  const headers = record.headers ?? [];
  let at = start;
  buffer[at++] = 0; // attributes: none are defined
  at = writeVarint(buffer, at, record.timestampMs - baseTimestamp);
  at = writeVarint(buffer, at, offsetDelta);
  at = writeNullable(buffer, at, record.key);
  at = writeNullable(buffer, at, record.value);
  if (record.encodedHeaders) {
    buffer.set(record.encodedHeaders, at);
    return at + record.encodedHeaders.length;
  }
  at = writeVarint(buffer, at, headers.length);
  for (const [name, value] of headers) {
    at = writeText(buffer, at, name);
    at = typeof value === 'string' ? writeText(buffer, at, value) : writeNullable(buffer, at, value);
  }
  return at;
}

function writeNullable(buffer: Buffer, start: number, value: Uint8Array | null): number {
  if (value === null) return writeVarint(buffer, start, -1);
  const at = writeVarint(buffer, start, value.length);
  buffer.set(value, at);
  return at + value.length;
}

function writeText(buffer: Buffer, start: number, text: string): number {
  const bytes = Buffer.byteLength(text);
  const at = writeVarint(buffer, start, bytes);
  buffer.write(text, at, bytes, 'utf8');
  return at + bytes;
}
