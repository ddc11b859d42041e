import { initProducerIdV5, txnOffsetCommitV4, Writer } from '../wire-library.ts';
import { errorName } from '../errors/errors.ts';
import { defineRequest } from './define.ts';

/** InitProducerId v5: (-1, -1) takes over a transactional id; our own id and epoch recover it (KIP-360). */
export const initProducerIdRequest = defineRequest(22, 5, initProducerIdV5.createRequest, (reader) => {
  reader.readThrottleMs();
  const errorCode = reader.readInt16();
  const answer = { errorCode, producerId: reader.readInt64(), producerEpoch: reader.readInt16() };
  reader.readTaggedFields();
  return answer;
});

/**
 * TxnOffsetCommit v5: v4's layout. The version tells the coordinator that this is a transaction v2 (KIP-890).
 */
export const txnOffsetCommitRequest = defineRequest(28, 5, txnOffsetCommitV4.createRequest, (reader) => {
  reader.readThrottleMs();
  const topics = reader.readArray(() => ({
    name: reader.readString(),
    partitions: reader.readArray(() => ({
      partitionIndex: reader.readInt32(),
      errorCode: reader.readInt16(),
    })),
  }));
  reader.readTaggedFields();
  return { topics };
});

/**
 * EndTxn v5 (KIP-890). The answer carries the producer id and epoch of the next transaction. The same request
 * gets the same answer again, so it may be resent until an answer comes.
 */
export const endTxnRequest = defineRequest(
  26,
  5,
  (transactionalId: string, producerId: bigint, producerEpoch: number, commit: boolean) =>
    Writer.create()
      .appendString(transactionalId)
      .appendInt64(producerId)
      .appendInt16(producerEpoch)
      .appendBoolean(commit)
      .appendTaggedFields(),
  (reader) => {
    reader.readThrottleMs();
    const answer = {
      code: errorName(reader.readInt16()),
      producerId: reader.readInt64(),
      producerEpoch: reader.readInt16(),
    };
    reader.readTaggedFields();
    return answer;
  },
);
