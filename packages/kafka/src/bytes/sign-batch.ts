import { crc32c } from '@node-rs/crc32';
import { batchHeaderBytes, checkedFrom, fieldAt, lengthEnd, transactionalBit } from './batch-header.ts';
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
  if (stamp.transactional) header[fieldAt.attributes + 1]! |= transactionalBit;
  header.writeBigInt64BE(stamp.producerId, fieldAt.producerId);
  header.writeInt16BE(stamp.producerEpoch, fieldAt.producerEpoch);
  header.writeInt32BE(stamp.baseSequence, fieldAt.baseSequence);
  const headerCrc = crc32c(header.subarray(checkedFrom, batchHeaderBytes));
  header.writeUInt32BE((crc32cShift(headerCrc, records.byteCount) ^ records.crc) >>> 0, fieldAt.crc);
}

/** Writes the header without a producer, and without the checksum. */
export function writeHeader(header: Buffer, fields: BatchFields, byteCount: number): void {
  header.writeBigInt64BE(0n, fieldAt.baseOffset);
  header.writeInt32BE(byteCount - lengthEnd, fieldAt.length);
  header.writeInt32BE(-1, fieldAt.leaderEpoch);
  header.writeInt8(2, fieldAt.magic);
  header.writeUInt16BE(codecNumber(fields.codec), fieldAt.attributes);
  header.writeInt32BE(fields.count - 1, fieldAt.lastOffsetDelta);
  header.writeBigInt64BE(BigInt(fields.baseTimestampMs), fieldAt.baseTimestamp);
  header.writeBigInt64BE(BigInt(fields.maxTimestampMs), fieldAt.maxTimestamp);
  header.writeBigInt64BE(-1n, fieldAt.producerId);
  header.writeInt16BE(-1, fieldAt.producerEpoch);
  header.writeInt32BE(-1, fieldAt.baseSequence);
  header.writeInt32BE(fields.count, fieldAt.count);
}
