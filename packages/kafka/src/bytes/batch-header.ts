/** Where each field of a v2 record batch begins, in bytes (Kafka's DefaultRecordBatch.java). */
export const fieldAt = {
  baseOffset: 0,
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
} as const;

/** The length counts what comes after it. */
export const lengthEnd: number = fieldAt.leaderEpoch;
/** The CRC32C covers everything from here on. */
export const checkedFrom: number = fieldAt.attributes;
export const batchHeaderBytes = 61;

/** Bits of `attributesAt`. */
export const codecBits = 0x07;
export const controlBit = 0x20;
export const transactionalBit = 0x10;
export const logAppendTimeBit = 0x08;

// `at` is where the batch begins in the buffer.

/** Bytes of the whole batch, header included. Reads the first 12 bytes. */
export function batchBytesAt(buffer: Buffer, at: number): number {
  return lengthEnd + buffer.readInt32BE(at + fieldAt.length);
}

export function baseOffsetAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at);
}

export function leaderEpochAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + fieldAt.leaderEpoch);
}

export function magicAt(buffer: Buffer, at: number): number {
  return buffer.readInt8(at + fieldAt.magic);
}

export function crcAt(buffer: Buffer, at: number): number {
  return buffer.readUInt32BE(at + fieldAt.crc);
}

/** Bits 0-2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 delete horizon. */
export function attributesAt(buffer: Buffer, at: number): number {
  return buffer.readUInt16BE(at + fieldAt.attributes);
}

/** The last record's offset minus the base offset: at least `countAt` - 1, and more after compaction. */
export function lastOffsetDeltaAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + fieldAt.lastOffsetDelta);
}

export function baseTimestampAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + fieldAt.baseTimestamp);
}

export function maxTimestampAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + fieldAt.maxTimestamp);
}

export function producerIdAt(buffer: Buffer, at: number): bigint {
  return buffer.readBigInt64BE(at + fieldAt.producerId);
}

export function countAt(buffer: Buffer, at: number): number {
  return buffer.readInt32BE(at + fieldAt.count);
}
