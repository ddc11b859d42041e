import { offsetFetchV9 } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

/** OffsetFetch v9: (groups with member id and epoch, require_stable): KIP-447 and KIP-848. */
export const offsetFetchRequest = defineRequest(9, 9, offsetFetchV9.createRequest, decode);

function decode(reader: FrameReader) {
  reader.readThrottleMs();
  const groups = reader.readArray(() => ({
    groupId: reader.readString(),
    topics: reader.readArray(() => ({
      name: reader.readString(),
      partitions: reader.readArray(() => ({
        partitionIndex: reader.readInt32(),
        committedOffset: reader.readInt64(),
        committedLeaderEpoch: reader.readInt32(),
        metadata: reader.readNullableString(),
        errorCode: reader.readInt16(),
      })),
    })),
    errorCode: reader.readInt16(),
  }));
  reader.readTaggedFields();
  return { groups };
}
