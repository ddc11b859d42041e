/**
 * Layout of a v2 record batch (Kafka's DefaultRecordBatch.java). Offsets into the batch, in bytes:
 * baseOffset 0, length 8, partitionLeaderEpoch 12, magic 16, crc 17, attributes 21, lastOffsetDelta 23,
 * baseTimestamp 27, maxTimestamp 35, producerId 43, producerEpoch 51, baseSequence 53, count 57, records 61.
 * The CRC32C covers everything from the attributes on. `at` is where the batch begins in the buffer.
 */
export const batchHeaderBytes = 61;

/** Bits of `attributesAt`. */
export const controlBit = 0x20;
export const transactionalBit = 0x10;
export const logAppendTimeBit = 0x08;

/** Bytes of the whole batch, header included. Reads the first 12 bytes. */
export function batchBytesAt(buffer: Buffer, at: number): number {
  return 12 + buffer.readInt32BE(at + 8);
}

export function baseOffsetAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at);
}

export function leaderEpochAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 12);
}

export function magicAt(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + 16);
}

export function crcAt(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + 17);
}

/** Bits 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon. */
export function attributesAt(buffer: Buffer, at: number): number {
  return buffer.readUInt16BE(at + 21);
}

/** The last record's offset minus the base offset: at least `countAt` - 1, and more after compaction. */
export function lastOffsetDeltaAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 23);
}

export function baseTimestampAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + 27);
}

export function maxTimestampAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + 35);
}

export function producerIdAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + 43);
}

export function producerEpochAt(buffer: Buffer, at: number): number {
  return buffer.readInt16BE(at + 51);
}

export function baseSequenceAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 53);
}

export function countAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + 57);
}
