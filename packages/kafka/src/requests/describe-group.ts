import { consumerGroupDescribeV0 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

export interface DescribedMember {
  memberId: string;
  clientId: string;
  clientHost: string;
  /** What it owns right now. */
  assignment: { topicId: string; topic: string; partitions: number[] }[];
}

/** ConsumerGroupDescribe v0 (KIP-848), to the coordinator of a group. */
export const describeGroupRequest = defineRequest(
  69,
  0,
  (groupId: string) => consumerGroupDescribeV0.createRequest([groupId], false),
  decode,
);

function decode(reader: FrameReader) {
  reader.readThrottleMs();
  const groups = reader.readArray(() => {
    const group = { errorCode: reader.readInt16(), errorMessage: reader.readNullableString() };
    reader.readString(); // group id: ours
    reader.readString(); // state
    reader.skip(8); // group epoch, assignment epoch
    reader.readString(); // assignor
    const members = reader.readArray(() => decodeMember(reader));
    reader.readInt32(); // permissions
    return { ...group, members };
  });
  reader.readTaggedFields();
  return { groups };
}

function decodeMember(reader: FrameReader): DescribedMember {
  const memberId = reader.readString();
  reader.readNullableString(); // instance id
  reader.readNullableString(); // rack
  reader.readInt32(); // epoch
  const clientId = reader.readString();
  const clientHost = reader.readString();
  reader.readArray(() => reader.readString(), true, false); // topics subscribed to
  reader.readNullableString(); // pattern subscribed to
  const assignment = decodeAssignment(reader);
  decodeAssignment(reader); // the one that the group is on its way to
  return { memberId, clientId, clientHost, assignment };
}

function decodeAssignment(reader: FrameReader): DescribedMember['assignment'] {
  const topics = reader.readArray(() => ({
    topicId: reader.readUUID(),
    topic: reader.readString(),
    partitions: reader.readArray(() => reader.readInt32(), true, false),
  }));
  reader.readTaggedFields();
  return topics;
}
