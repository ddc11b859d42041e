import { errorName } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

export interface ProducePartition {
  partition: number;
  /** Exactly one v2 batch, in parts. Brokers refuse two batches for one partition in a request. */
  parts: readonly Buffer[];
  byteCount: number;
}

export interface ProduceTopic {
  topic: string;
  partitions: readonly ProducePartition[];
}

/**
 * Produce v12, acks=all. It has v11's layout. The version tells the broker that this is a transaction v2
 * (KIP-890), so that writing to a partition adds it to the transaction. The parts of a batch are written as
 * they are, not joined.
 */
export const produceRequest = defineRequest(0, 12, encode, decode);

/** One for whose sake a batch was refused. */
export interface RefusedRecord {
  /** Its number in the batch, from 0. */
  readonly index: number;
  readonly message: string | null;
}

/** What the broker says of one partition's batch. */
export interface ProduceAnswer {
  topic: string;
  partition: number;
  /** Kafka's name of the error. NONE: every in-sync replica has the batch. */
  code: ErrorCode;
  baseOffset: bigint;
  message: string;
  /** The records that it objects to, if it names them (KIP-467). */
  refusedRecords: readonly RefusedRecord[];
  /** The new leader, if the broker refuses because the leader has moved (KIP-951); otherwise -1. */
  leader: number;
  leaderEpoch: number;
}

/** Everything between the batches is in one buffer, and the pieces are views of it. */
function encode(
  transactionalId: string | null,
  timeoutMs: number,
  topics: readonly ProduceTopic[],
): readonly Buffer[] {
  const frame = Buffer.allocUnsafe(frameBytesMax(transactionalId, topics));
  const pieces: Buffer[] = [];
  let start = 0;
  let at = writeString(frame, 0, transactionalId);
  at = frame.writeInt16BE(-1, at);
  at = frame.writeInt32BE(timeoutMs, at);
  at = writeUnsignedVarint(frame, at, topics.length + 1);
  for (const { topic, partitions } of topics) {
    at = writeString(frame, at, topic);
    at = writeUnsignedVarint(frame, at, partitions.length + 1);
    for (const { partition, parts, byteCount } of partitions) {
      at = frame.writeInt32BE(partition, at);
      at = writeUnsignedVarint(frame, at, byteCount + 1);
      pieces.push(frame.subarray(start, at), ...parts);
      start = at;
      frame[at++] = 0; // no tagged fields of this partition
    }
    frame[at++] = 0;
  }
  frame[at++] = 0;
  pieces.push(frame.subarray(start, at));
  return pieces;
}

function frameBytesMax(transactionalId: string | null, topics: readonly ProduceTopic[]): number {
  let bytes = 32 + 3 * (transactionalId?.length ?? 0);
  for (const { topic, partitions } of topics) bytes += 16 + 3 * topic.length + 16 * partitions.length;
  return bytes;
}

function writeString(buffer: Buffer, at: number, text: string | null): number {
  if (text === null) return writeUnsignedVarint(buffer, at, 0);
  const start = writeUnsignedVarint(buffer, at, Buffer.byteLength(text) + 1);
  return start + buffer.write(text, start, 'utf8');
}

function writeUnsignedVarint(buffer: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  for (; rest >= 0x80; rest >>>= 7) buffer[end++] = (rest & 0x7f) | 0x80;
  buffer[end++] = rest;
  return end;
}

function decode(reader: FrameReader): ProduceAnswer[] {
  const answers: ProduceAnswer[] = [];
  reader.readArray(() => {
    const topic = reader.readString();
    reader.readArray(() => answers.push(decodePartition(reader, topic)), true, false);
  });
  reader.readThrottleMs();
  reader.readTaggedFields();
  return answers;
}

function decodePartition(reader: FrameReader, topic: string): ProduceAnswer {
  const partition = reader.readInt32();
  const code = errorName(reader.readInt16());
  const baseOffset = reader.readInt64();
  reader.skip(16); // log append time, log start offset
  const refusedRecords = reader.readArray(() => ({
    index: reader.readInt32(),
    message: reader.readNullableString(),
  }));
  const message = reader.readNullableString() ?? '';
  const answer = { topic, partition, code, baseOffset, message, refusedRecords, leader: -1, leaderEpoch: -1 };
  reader.readTags((tag) => {
    if (tag !== 0) return;
    answer.leader = reader.readInt32();
    answer.leaderEpoch = reader.readInt32();
  });
  return answer;
}
