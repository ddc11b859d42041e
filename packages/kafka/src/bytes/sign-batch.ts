import { crc32c } from '@node-rs/crc32';
import { batchHeaderBytes } from './batch-header.ts';
import { codecNumber } from '../compression/codec.ts';
import type { Codec } from '../compression/codec.ts';
import { crc32cShift } from './crc32c-shift.ts';
import type { Stamp } from './restamp.ts';

export interface BatchFields {
  readonly codec: Codec;
  readonly count: number;
  readonly baseTimestampMs: number;
  readonly maxTimestampMs: number;
}

/**
 * Writes the header of a batch that was never sent, with its producer, and the checksum. `header` is the
 * beginning of the batch's first part. The checksum of the records is given, and combined with that of the
 * header without another pass over them (`crc32cShift`). Later, `restamp` changes the producer.
 */
export function signBatch(
  header: Buffer,
  fields: BatchFields,
  stamp: Stamp,
  records: { crc: number; byteCount: number },
): void {
  writeHeader(header, fields, batchHeaderBytes + records.byteCount);
  if (stamp.transactional) header[22]! |= 1 << 4;
  header.writeBigInt64BE(stamp.producerId, 43);
  header.writeInt16BE(stamp.producerEpoch, 51);
  header.writeInt32BE(stamp.baseSequence, 53);
  const headerCrc = crc32c(header.subarray(21, batchHeaderBytes));
  header.writeUInt32BE((crc32cShift(headerCrc, records.byteCount) ^ records.crc) >>> 0, 17);
}

/** Writes the header without a producer, and without the checksum. */
export function writeHeader(header: Buffer, fields: BatchFields, byteCount: number): void {
  header.writeBigInt64BE(0n, 0);
  header.writeInt32BE(byteCount - 12, 8);
  header.writeInt32BE(-1, 12);
  header.writeInt8(2, 16);
  header.writeUInt16BE(codecNumber(fields.codec), 21);
  header.writeInt32BE(fields.count - 1, 23);
  header.writeBigInt64BE(BigInt(fields.baseTimestampMs), 27);
  header.writeBigInt64BE(BigInt(fields.maxTimestampMs), 35);
  header.writeBigInt64BE(-1n, 43);
  header.writeInt16BE(-1, 51);
  header.writeInt32BE(-1, 53);
  header.writeInt32BE(fields.count, 57);
}
