import { Writer } from '../wire-library.ts';
import { defineRequest } from './define.ts';
import type { FrameReader } from './frame-reader.ts';

export interface FetchRequest {
  maxWaitMs: number;
  minBytes: number;
  maxBytes: number;
  readCommitted: boolean;
  rackId: string;
  topics: readonly FetchTopic[];
}

export interface FetchTopic {
  topicId: string;
  partitions: readonly FetchPartition[];
}

export interface FetchPartition {
  partition: number;
  /** The leader epoch that this client knows; -1: the broker does not check it. */
  currentLeaderEpoch: number;
  fetchOffset: bigint;
  /**
   * Leader epoch of the record before `fetchOffset`. It lets the leader find a divergence; -1: not checked.
   */
  lastFetchedEpoch: number;
  partitionMaxBytes: number;
}

export interface FetchResponse {
  throttleMs: number;
  errorCode: number;
  /** In the order of the request. */
  partitions: FetchedPartition[];
}

export interface FetchedPartition {
  topicId: string;
  partition: number;
  errorCode: number;
  highWatermark: bigint;
  lastStableOffset: bigint;
  logStartOffset: bigint;
  /** Where the leader's log differs from the one that the position belongs to (KIP-595). */
  diverging?: { epoch: number; endOffset: bigint };
  /** The leader that this broker knows (KIP-951). */
  leader?: { id: number; epoch: number };
  /** Every aborted transaction that overlaps `records` (read_committed). */
  aborted: AbortedTransaction[];
  /** A closer replica to fetch from (KIP-392); -1: none. */
  preferredReadReplica: number;
  /** Batches as they are in the log: a view of the response. The last one may be cut off. */
  records: Buffer;
}

export interface AbortedTransaction {
  producerId: bigint;
  firstOffset: bigint;
}

/**
 * Fetch v17, by topic id (KIP-516). Brokers from 3.9 to 4.x have it.
 *
 * These are full requests without fetch sessions (KIP-227). A session saves about 40 bytes per partition and
 * request in each direction, which is nothing beside megabytes of records. It costs a state on both sides
 * that can be lost, evicted and fenced.
 */
export const fetchRequest = defineRequest(1, 17, encode, decode);

const noSession = 0;
const finalSessionEpoch = -1;

function encode(request: FetchRequest): Writer {
  return Writer.create()
    .appendInt32(request.maxWaitMs)
    .appendInt32(request.minBytes)
    .appendInt32(request.maxBytes)
    .appendInt8(request.readCommitted ? 1 : 0)
    .appendInt32(noSession)
    .appendInt32(finalSessionEpoch)
    .appendArray([...request.topics], (writer, topic) => {
      writer.appendUUID(topic.topicId).appendArray([...topic.partitions], encodePartition);
    })
    .appendArray([], () => undefined)
    .appendString(request.rackId)
    .appendTaggedFields();
}

function encodePartition(writer: Writer, wanted: FetchPartition): void {
  writer
    .appendInt32(wanted.partition)
    .appendInt32(wanted.currentLeaderEpoch)
    .appendInt64(wanted.fetchOffset)
    .appendInt32(wanted.lastFetchedEpoch)
    .appendInt64(-1n) // log start offset: for followers
    .appendInt32(wanted.partitionMaxBytes);
}

function decode(reader: FrameReader): FetchResponse {
  const response: FetchResponse = {
    throttleMs: reader.readThrottleMs(),
    errorCode: reader.readInt16(),
    partitions: [],
  };
  reader.readInt32(); // session id
  reader.readArray(() => {
    const topicId = reader.readUUID();
    reader.readArray(() => response.partitions.push(decodePartition(reader, topicId)), true, false);
  });
  reader.readTaggedFields();
  return response;
}

function decodePartition(reader: FrameReader, topicId: string): FetchedPartition {
  const fetched: FetchedPartition = {
    topicId,
    partition: reader.readInt32(),
    errorCode: reader.readInt16(),
    highWatermark: reader.readInt64(),
    lastStableOffset: reader.readInt64(),
    logStartOffset: reader.readInt64(),
    aborted: reader.readArray((r) => ({ producerId: r.readInt64(), firstOffset: r.readInt64() })),
    preferredReadReplica: reader.readInt32(),
    records: nothing,
  };
  const recordBytes = reader.readUnsignedVarInt() - 1;
  if (recordBytes > 0) fetched.records = reader.view(recordBytes);
  decodeTags(reader, fetched);
  return fetched;
}

const nothing = Buffer.alloc(0);

function decodeTags(reader: FrameReader, fetched: FetchedPartition): void {
  reader.readTags((tag) => {
    if (tag === 0) {
      const diverging = { epoch: reader.readInt32(), endOffset: reader.readInt64() };
      if (diverging.epoch >= 0) fetched.diverging = diverging;
    } else if (tag === 1) {
      const leader = { id: reader.readInt32(), epoch: reader.readInt32() };
      if (leader.epoch >= 0) fetched.leader = leader;
    }
  });
}
