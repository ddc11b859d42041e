import { Writer } from '@platformatic/kafka';
import { errorName } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

export interface ProducePartition {
  partition: number;
  /** Exactly one v2 batch: a broker refuses two for one partition in a request. */
  batch: Buffer;
}

export interface ProduceTopic {
  topic: string;
  partitions: readonly ProducePartition[];
}

/**
 * Produce v12, acks=all: v11's layout, and the version that tells a broker that the transaction is of the second kind
 * (KIP-890), so that partitions join it by being written. Batches are written as they are, not joined.
 */
export const produceRequest = defineRequest(
  0,
  12,
  (transactionalId: string | null, timeoutMs: number, topics: readonly ProduceTopic[]) => {
    const parts: Buffer[] = [];
    let writer = Writer.create()
      .appendString(transactionalId)
      .appendInt16(-1)
      .appendInt32(timeoutMs)
      .appendUnsignedVarInt(topics.length + 1);
    for (const { topic, partitions } of topics) {
      writer.appendString(topic).appendUnsignedVarInt(partitions.length + 1);
      for (const { partition, batch } of partitions) {
        writer.appendInt32(partition).appendUnsignedVarInt(batch.length + 1);
        parts.push(writer.buffer, batch);
        writer = Writer.create().appendTaggedFields(); // of this partition
      }
      writer.appendTaggedFields();
    }
    writer.appendTaggedFields();
    parts.push(writer.buffer);
    return parts;
  },
  decode,
);

/** What the broker says of one partition's batch. */
export interface ProduceAnswer {
  topic: string;
  partition: number;
  /** Kafka's name of the error; NONE when the batch is in every in-sync replica. */
  code: ErrorCode;
  baseOffset: bigint;
  message: string;
  /** The new leader, when the broker refuses because it moved (KIP-951); else -1. */
  leader: number;
  leaderEpoch: number;
}

function decode(reader: FrameReader): ProduceAnswer[] {
  const answers: ProduceAnswer[] = [];
  reader.readArray(() => {
    const topic = reader.readString();
    reader.readArray(() => answers.push(decodePartition(reader, topic)), true, false);
  });
  reader.readInt32(); // throttle time
  reader.readTaggedFields();
  return answers;
}

function decodePartition(reader: FrameReader, topic: string): ProduceAnswer {
  const partition = reader.readInt32();
  const code = errorName(reader.readInt16());
  const baseOffset = reader.readInt64();
  reader.skip(16); // log append time, log start offset
  reader.readArray(() => {
    reader.readInt32(); // which record of the batch is refused: its message says no more than the batch's
    reader.readNullableString();
  });
  const message = reader.readNullableString() ?? '';
  const answer = { topic, partition, code, baseOffset, message, leader: -1, leaderEpoch: -1 };
  reader.readTags((tag) => {
    if (tag !== 0) return;
    answer.leader = reader.readInt32();
    answer.leaderEpoch = reader.readInt32();
  });
  return answer;
}
