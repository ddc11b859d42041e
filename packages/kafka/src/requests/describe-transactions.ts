import { Writer } from '../wire-library.ts';
import { defineRequest } from './define.ts';

/**
 * DescribeProducers v0 (KIP-664), to the leaders: who has written to these partitions, and what they left
 * open there.
 */
export const describeProducersRequest = defineRequest(
  61,
  0,
  (topics: readonly { topic: string; partitions: readonly number[] }[]) =>
    Writer.create()
      .appendArray([...topics], (writer, { topic, partitions }) => {
        writer.appendString(topic);
        writer.appendArray([...partitions], (w, partition) => void w.appendInt32(partition), true, false);
      })
      .appendTaggedFields(),
  (reader) => {
    reader.readThrottleMs();
    const topics = reader.readArray(() => ({
      topic: reader.readString(),
      partitions: reader.readArray(() => ({
        partition: reader.readInt32(),
        errorCode: reader.readInt16(),
        errorMessage: reader.readNullableString(),
        producers: reader.readArray(() => ({
          producerId: reader.readInt64(),
          producerEpoch: reader.readInt32(),
          lastSequence: reader.readInt32(),
          lastTimestampMs: Number(reader.readInt64()),
          coordinatorEpoch: reader.readInt32(),
          /** -1: nothing is open. */
          firstOffset: reader.readInt64(),
        })),
      })),
    }));
    reader.readTaggedFields();
    return { topics };
  },
);

/**
 * ListTransactions v0 (KIP-664), to every broker: the transactional ids that it coordinates, by their
 * producer ids.
 */
export const listTransactionsRequest = defineRequest(
  66,
  0,
  (producerIds: readonly bigint[]) =>
    Writer.create()
      .appendArray([] as string[], (writer, state) => void writer.appendString(state), true, false)
      .appendArray([...producerIds], (writer, id) => void writer.appendInt64(id), true, false)
      .appendTaggedFields(),
  (reader) => {
    reader.readThrottleMs();
    const errorCode = reader.readInt16();
    reader.readArray(() => reader.readString(), true, false); // unknown states: we send none
    const transactions = reader.readArray(() => ({
      transactionalId: reader.readString(),
      producerId: reader.readInt64(),
      state: reader.readString(),
    }));
    reader.readTaggedFields();
    return { errorCode, transactions };
  },
);

/** DescribeTransactions v0 (KIP-664), to the coordinator of the ids. */
export const describeTransactionsRequest = defineRequest(
  65,
  0,
  (transactionalIds: readonly string[]) =>
    Writer.create()
      .appendArray([...transactionalIds], (writer, id) => void writer.appendString(id), true, false)
      .appendTaggedFields(),
  (reader) => {
    reader.readThrottleMs();
    const transactions = reader.readArray(() => ({
      errorCode: reader.readInt16(),
      transactionalId: reader.readString(),
      state: reader.readString(),
      timeoutMs: reader.readInt32(),
      startTimeMs: Number(reader.readInt64()),
      producerId: reader.readInt64(),
      producerEpoch: reader.readInt16(),
      topics: reader.readArray(() => ({
        topic: reader.readString(),
        partitions: reader.readArray(() => reader.readInt32(), true, false),
      })),
    }));
    reader.readTaggedFields();
    return { transactions };
  },
);

export interface TransactionMarker {
  producerId: bigint;
  producerEpoch: number;
  commit: boolean;
  topic: string;
  partition: number;
  coordinatorEpoch: number;
}

/** WriteTxnMarkers v1, to the leader: coordinators send this when a transaction is decided. */
export const writeTxnMarkersRequest = defineRequest(
  27,
  1,
  ({ producerId, producerEpoch, commit, topic, partition, coordinatorEpoch }: TransactionMarker) =>
    Writer.create()
      .appendArray([topic], (writer) => {
        writer.appendInt64(producerId).appendInt16(producerEpoch).appendBoolean(commit);
        writer.appendArray([topic], (w) => {
          w.appendString(topic).appendArray(
            [partition],
            (w2, each) => void w2.appendInt32(each),
            true,
            false,
          );
        });
        writer.appendInt32(coordinatorEpoch);
      })
      .appendTaggedFields(),
  (reader) => {
    const markers = reader.readArray(() => ({
      producerId: reader.readInt64(),
      topics: reader.readArray(() => ({
        topic: reader.readString(),
        partitions: reader.readArray(() => ({
          partition: reader.readInt32(),
          errorCode: reader.readInt16(),
        })),
      })),
    }));
    reader.readTaggedFields();
    return { markers };
  },
);
