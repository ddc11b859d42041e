import { Writer } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

export interface HeartbeatRequest {
  groupId: string;
  memberId: string;
  /** 0 joins, -1 leaves. */
  memberEpoch: number;
  rackId: string | null;
  rebalanceTimeoutMs: number;
  topics: readonly string[];
  /** What the member owns now. */
  owned: readonly AssignedTopic[];
}

export interface AssignedTopic {
  topicId: string;
  partitions: readonly number[];
}

export interface HeartbeatResponse {
  errorCode: number;
  errorMessage: string | null;
  memberEpoch: number;
  heartbeatIntervalMs: number;
  /** null: unchanged. */
  assignment: AssignedTopic[] | null;
}

/**
 * ConsumerGroupHeartbeat v1 (KIP-848), always in its full form. Then the answer always carries the
 * assignment, so nobody has to remember that an answer was lost. One such request a second costs the broker
 * next to nothing.
 */
export const consumerGroupHeartbeatRequest = defineRequest(68, 1, encode, decode);

function encode(request: HeartbeatRequest): Writer {
  return Writer.create()
    .appendString(request.groupId)
    .appendString(request.memberId)
    .appendInt32(request.memberEpoch)
    .appendString(null) // instance id: the member id itself is stable
    .appendString(request.rackId)
    .appendInt32(request.rebalanceTimeoutMs)
    .appendArray([...request.topics], (writer, topic) => void writer.appendString(topic), true, false)
    .appendString(null) // no subscription by pattern
    .appendString(null) // the broker's default assignor
    .appendArray([...request.owned], (writer, topic) => {
      writer.appendUUID(topic.topicId);
      writer.appendArray([...topic.partitions], (w, partition) => void w.appendInt32(partition), true, false);
    })
    .appendTaggedFields();
}

function decode(reader: FrameReader): HeartbeatResponse {
  reader.readThrottleMs();
  const errorCode = reader.readInt16();
  const errorMessage = reader.readNullableString();
  reader.readNullableString(); // member id: ours
  const memberEpoch = reader.readInt32();
  const heartbeatIntervalMs = reader.readInt32();
  const assigned = reader.readInt8() >= 0;
  const assignment = assigned ? decodeAssignment(reader) : null;
  reader.readTaggedFields();
  return { errorCode, errorMessage, memberEpoch, heartbeatIntervalMs, assignment };
}

function decodeAssignment(reader: FrameReader): AssignedTopic[] {
  const topics = reader.readArray(() => ({
    topicId: reader.readUUID(),
    partitions: reader.readArray(() => reader.readInt32(), true, false),
  }));
  reader.readTaggedFields();
  return topics;
}
