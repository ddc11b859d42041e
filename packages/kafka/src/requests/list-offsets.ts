import { listOffsetsV9 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

/**
 * ListOffsets v9: (replica id -1, isolation level, topics by name). Timestamp -1 is the end, -2 the start.
 */
export const listOffsetsRequest = defineRequest(2, 9, listOffsetsV9.createRequest, decode);

function decode(reader: FrameReader) {
  reader.readThrottleMs();
  const topics = reader.readArray(() => ({
    name: reader.readString(),
    partitions: reader.readArray(() => ({
      partitionIndex: reader.readInt32(),
      errorCode: reader.readInt16(),
      timestamp: reader.readInt64(),
      offset: reader.readInt64(),
      leaderEpoch: reader.readInt32(),
    })),
  }));
  reader.readTaggedFields();
  return { topics };
}
