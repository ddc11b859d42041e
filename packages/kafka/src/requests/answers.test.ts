import { Writer } from '../wire-library.ts';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { damaged, damageKinds, errorOf, tries, triesTimeoutMs, within } from '../../test/damage.fixture.ts';
import { errorName } from '../errors/errors.ts';
import { consumerGroupHeartbeatRequest } from './consumer-group-heartbeat.ts';
import { describeConfigsRequest } from './describe-configs.ts';
import { describeGroupRequest } from './describe-group.ts';
import {
  describeProducersRequest,
  describeTransactionsRequest,
  listTransactionsRequest,
  writeTxnMarkersRequest,
} from './describe-transactions.ts';
import {
  int8,
  int16,
  int32,
  int64,
  bool,
  string,
  nullableString,
  uuid,
  bytes,
  time,
  oldArrayOfStrings,
  errorCode,
  arrayOf,
  struct,
  bare,
  type Part,
} from './answer-parts.fixture.ts';
import { decodeAnswer } from './define.ts';
import type { Api } from './define.ts';
import { fetchRequest } from './fetch.ts';
import { listOffsetsRequest } from './list-offsets.ts';
import { apiVersionsRequest, findCoordinatorRequest, metadataRequest } from './metadata.ts';
import { offsetFetchRequest } from './offset-fetch.ts';
import { produceRequest } from './produce.ts';
import { saslAuthenticateRequest, saslHandshakeRequest } from './sasl.ts';
import { endTxnRequest, initProducerIdRequest, txnOffsetCommitRequest } from './transaction.ts';

// Every answer that this package decodes: any answer is read as it was written, and no damage to it does
// worse than an error.

interface Answer {
  name: string;
  api: Api<never, unknown>;
  values: Arbitrary<unknown>;
  /** A frame: correlation id, response header, answer. */
  frameOf(value: unknown): Buffer;
  /** What the decoder makes of it. */
  expected(value: unknown): unknown;
}

function answer<T>(
  name: string,
  api: { readonly flexibleResponseHeader: boolean; decode(reader: never): unknown },
  part: Part<T>,
  expected: (value: T) => unknown = asItIs,
): Answer {
  return {
    name,
    api: api as Api<never, unknown>,
    values: part.values,
    frameOf(value) {
      const writer = Writer.create().appendInt32(7);
      if (api.flexibleResponseHeader) writer.appendUnsignedVarInt(0);
      part.write(writer, value as T);
      return Buffer.from(writer.buffer);
    },
    expected: (value) => expected(value as T),
  };
}

/** Most answers are kept as they are, without how long the broker throttled. */
function asItIs(value: unknown): unknown {
  const { throttleTimeMs: _, ...kept } = value as { throttleTimeMs: unknown };
  return kept;
}

/** The times in it, by their names. */
function timesAsNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timesAsNumbers);
  if (typeof value !== 'object' || value === null) return value;
  const converted = (name: string, of: unknown): unknown =>
    name.endsWith('TimeMs') || name.endsWith('TimestampMs') ? Number(of) : timesAsNumbers(of);
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, converted(name, of)]));
}

const leader = bare({ id: int32, epoch: int32 });
const assignedTopics = arrayOf(struct({ topicId: uuid, topic: string, partitions: arrayOf(int32) }));
// Long, because it is one table: every answer that is read, for the same properties below.
// Longer than 400 lines: it is one table, a row for each answer of a broker, with three tests that try each.
const answers: Answer[] = [
  answer(
    'Produce',
    produceRequest,
    struct({
      topics: arrayOf(
        struct({
          topic: string,
          partitions: arrayOf(
            struct(
              {
                partition: int32,
                errorCode,
                baseOffset: int64,
                logAppendTimeMs: int64,
                logStartOffset: int64,
                recordErrors: arrayOf(struct({ index: int32, message: nullableString })),
                message: nullableString,
              },
              { 0: 'leader' },
              { leader },
            ),
          ),
        }),
      ),
      throttleMs: int32,
    }),
    ({ topics }) =>
      topics.flatMap(({ topic, partitions }) =>
        partitions.map((p) => ({
          topic,
          partition: p.partition,
          code: errorName(p.errorCode),
          baseOffset: p.baseOffset,
          message: p.message ?? '',
          refusedRecords: p.recordErrors,
          leader: p.leader?.id ?? -1,
          leaderEpoch: p.leader?.epoch ?? -1,
        })),
      ),
  ),
  answer(
    'Fetch',
    fetchRequest,
    struct({
      throttleMs: int32,
      errorCode,
      sessionId: int32,
      topics: arrayOf(
        struct({
          topicId: uuid,
          partitions: arrayOf(
            struct(
              {
                partition: int32,
                errorCode,
                highWatermark: int64,
                lastStableOffset: int64,
                logStartOffset: int64,
                aborted: arrayOf(struct({ producerId: int64, firstOffset: int64 })),
                preferredReadReplica: int32,
                records: bytes,
              },
              { 0: 'diverging', 1: 'leader' },
              { diverging: bare({ epoch: int32, endOffset: int64 }), leader },
            ),
          ),
        }),
      ),
    }),
    ({ throttleMs, errorCode: code, topics }) => ({
      throttleMs,
      errorCode: code,
      partitions: topics.flatMap(({ topicId, partitions }) =>
        partitions.map(({ diverging, leader: hint, ...rest }) => ({
          topicId,
          ...rest,
          ...(diverging && diverging.epoch >= 0 ? { diverging } : {}),
          ...(hint && hint.epoch >= 0 ? { leader: hint } : {}),
        })),
      ),
    }),
  ),
  answer(
    'ListOffsets',
    listOffsetsRequest,
    struct({
      throttleTimeMs: int32,
      topics: arrayOf(
        struct({
          name: string,
          partitions: arrayOf(
            struct({
              partitionIndex: int32,
              errorCode,
              timestamp: int64,
              offset: int64,
              leaderEpoch: int32,
            }),
          ),
        }),
      ),
    }),
  ),
  answer(
    'Metadata',
    metadataRequest,
    struct({
      throttleTimeMs: int32,
      brokers: arrayOf(struct({ nodeId: int32, host: string, port: int32, rack: nullableString })),
      clusterId: nullableString,
      controllerId: int32,
      topics: arrayOf(
        struct({
          errorCode,
          name: nullableString,
          topicId: uuid,
          isInternal: bool,
          partitions: arrayOf(
            struct({
              errorCode,
              partitionIndex: int32,
              leaderId: int32,
              leaderEpoch: int32,
              replicaNodes: arrayOf(int32),
              isrNodes: arrayOf(int32),
              offlineReplicas: arrayOf(int32),
            }),
          ),
          topicAuthorizedOperations: int32,
        }),
      ),
    }),
    ({ brokers, clusterId, topics }) => ({
      brokers: brokers.map(({ nodeId, host, port }) => ({ nodeId, host, port })),
      clusterId,
      topics: topics.map((topic) => ({
        errorCode: topic.errorCode,
        name: topic.name,
        topicId: topic.topicId,
        partitions: topic.partitions.map(
          ({ partitionIndex, leaderId, leaderEpoch, replicaNodes, isrNodes }) => ({
            partitionIndex,
            leaderId,
            leaderEpoch,
            replicas: replicaNodes.length,
            inSync: isrNodes.length,
          }),
        ),
        operations: topic.topicAuthorizedOperations,
      })),
    }),
  ),
  answer(
    'DescribeConfigs',
    describeConfigsRequest,
    struct({
      throttleTimeMs: int32,
      results: arrayOf(
        struct({
          errorCode,
          errorMessage: nullableString,
          resourceType: int8,
          topic: string,
          configs: arrayOf(
            struct({
              name: string,
              value: nullableString,
              readOnly: bool,
              source: int8,
              sensitive: bool,
              synonyms: arrayOf(struct({ name: string, value: nullableString, source: int8 })),
              type: int8,
              documentation: nullableString,
            }),
          ),
        }),
      ),
    }),
    ({ results }) => ({
      results: results.map(({ errorCode: code, errorMessage, topic, configs }) => ({
        errorCode: code,
        errorMessage,
        topic,
        configs: configs.map(({ name, value }) => ({ name, value })),
      })),
    }),
  ),
  answer(
    'ConsumerGroupDescribe',
    describeGroupRequest,
    struct({
      throttleTimeMs: int32,
      groups: arrayOf(
        struct({
          errorCode,
          errorMessage: nullableString,
          groupId: string,
          state: string,
          groupEpoch: int32,
          assignmentEpoch: int32,
          assignor: string,
          members: arrayOf(
            struct({
              memberId: string,
              instanceId: nullableString,
              rackId: nullableString,
              memberEpoch: int32,
              clientId: string,
              clientHost: string,
              subscribed: arrayOf(string),
              pattern: nullableString,
              assignment: struct({ topics: assignedTopics }),
              target: struct({ topics: assignedTopics }),
            }),
          ),
          permissions: int32,
        }),
      ),
    }),
    ({ groups }) => ({
      groups: groups.map(({ errorCode: code, errorMessage, members }) => ({
        errorCode: code,
        errorMessage,
        members: members.map(({ memberId, clientId, clientHost, assignment }) => ({
          memberId,
          clientId,
          clientHost,
          assignment: assignment.topics,
        })),
      })),
    }),
  ),
  answer(
    'OffsetFetch',
    offsetFetchRequest,
    struct({
      throttleTimeMs: int32,
      groups: arrayOf(
        struct({
          groupId: string,
          topics: arrayOf(
            struct({
              name: string,
              partitions: arrayOf(
                struct({
                  partitionIndex: int32,
                  committedOffset: int64,
                  committedLeaderEpoch: int32,
                  metadata: nullableString,
                  errorCode,
                }),
              ),
            }),
          ),
          errorCode,
        }),
      ),
    }),
  ),
  answer(
    'FindCoordinator',
    findCoordinatorRequest,
    struct({
      throttleTimeMs: int32,
      coordinators: arrayOf(
        struct({
          key: string,
          nodeId: int32,
          host: string,
          port: int32,
          errorCode,
          errorMessage: nullableString,
        }),
      ),
    }),
    ({ coordinators }) => ({
      coordinators: coordinators.map(({ nodeId, host, port, errorCode: code, errorMessage }) => ({
        nodeId,
        host,
        port,
        errorCode: code,
        errorMessage,
      })),
    }),
  ),
  answer(
    'ApiVersions',
    apiVersionsRequest,
    struct(
      {
        errorCode,
        keys: arrayOf(struct({ key: int16, least: int16, most: int16 })),
        throttleMs: int32,
      },
      { 0: 'supported', 2: 'finalized' },
      {
        supported: arrayOf(struct({ name: string, least: int16, most: int16 })),
        finalized: arrayOf(struct({ name: string, most: int16, least: int16 })),
      },
    ),
    ({ errorCode: code, supported = [], finalized = [] }) => ({
      errorCode: code,
      supportedFeatures: supported.map(({ name, most }) => ({ name, maxVersion: most })),
      finalizedFeatures: finalized.map(({ name, most }) => ({ name, maxVersionLevel: most })),
    }),
  ),
  answer(
    'InitProducerId',
    initProducerIdRequest,
    struct({ throttleTimeMs: int32, errorCode, producerId: int64, producerEpoch: int16 }),
  ),
  answer(
    'EndTxn',
    endTxnRequest,
    struct({ throttleMs: int32, errorCode, producerId: int64, producerEpoch: int16 }),
    ({ errorCode: code, producerId, producerEpoch }) => ({
      code: errorName(code),
      producerId,
      producerEpoch,
    }),
  ),
  answer(
    'TxnOffsetCommit',
    txnOffsetCommitRequest,
    struct({
      throttleTimeMs: int32,
      topics: arrayOf(
        struct({ name: string, partitions: arrayOf(struct({ partitionIndex: int32, errorCode })) }),
      ),
    }),
  ),
  answer(
    'ConsumerGroupHeartbeat',
    consumerGroupHeartbeatRequest,
    struct({
      throttleMs: int32,
      errorCode,
      errorMessage: nullableString,
      memberId: nullableString,
      memberEpoch: int32,
      heartbeatIntervalMs: int32,
      present: { ...int8, values: fc.constant(1) },
      assignment: struct({ topics: arrayOf(struct({ topicId: uuid, partitions: arrayOf(int32) })) }),
    }),
    ({ errorCode: code, errorMessage, memberEpoch, heartbeatIntervalMs, assignment }) => ({
      errorCode: code,
      errorMessage,
      memberEpoch,
      heartbeatIntervalMs,
      assignment: assignment.topics,
    }),
  ),
  answer(
    'DescribeProducers',
    describeProducersRequest,
    struct({
      throttleTimeMs: int32,
      topics: arrayOf(
        struct({
          topic: string,
          partitions: arrayOf(
            struct({
              partition: int32,
              errorCode,
              errorMessage: nullableString,
              producers: arrayOf(
                struct({
                  producerId: int64,
                  producerEpoch: int32,
                  lastSequence: int32,
                  lastTimestampMs: time,
                  coordinatorEpoch: int32,
                  firstOffset: int64,
                }),
              ),
            }),
          ),
        }),
      ),
    }),
    ({ topics }) => ({ topics: timesAsNumbers(topics) }),
  ),
  answer(
    'ListTransactions',
    listTransactionsRequest,
    struct({
      throttleTimeMs: int32,
      errorCode,
      unknownStates: arrayOf(string),
      transactions: arrayOf(struct({ transactionalId: string, producerId: int64, state: string })),
    }),
    ({ errorCode: code, transactions }) => ({ errorCode: code, transactions }),
  ),
  answer(
    'DescribeTransactions',
    describeTransactionsRequest,
    struct({
      throttleTimeMs: int32,
      transactions: arrayOf(
        struct({
          errorCode,
          transactionalId: string,
          state: string,
          timeoutMs: int32,
          startTimeMs: time,
          producerId: int64,
          producerEpoch: int16,
          topics: arrayOf(struct({ topic: string, partitions: arrayOf(int32) })),
        }),
      ),
    }),
    ({ transactions }) => ({ transactions: timesAsNumbers(transactions) }),
  ),
  answer(
    'WriteTxnMarkers',
    writeTxnMarkersRequest,
    struct({
      markers: arrayOf(
        struct({
          producerId: int64,
          topics: arrayOf(
            struct({ topic: string, partitions: arrayOf(struct({ partition: int32, errorCode })) }),
          ),
        }),
      ),
    }),
  ),
  answer('SaslHandshake', saslHandshakeRequest, bare({ errorCode, mechanisms: oldArrayOfStrings })),
  answer(
    'SaslAuthenticate',
    saslAuthenticateRequest,
    struct({ errorCode, errorMessage: nullableString, authBytes: bytes, sessionLifetimeMs: int64 }),
  ),
];

const damages = fc.array(fc.tuple(fc.nat(9_999), fc.nat(damageKinds - 1)), { minLength: 1, maxLength: 3 });

describe.each(answers)('the answer to $name', (kind) => {
  const { api, values, frameOf, expected } = kind;

  test(
    'is read as it was written, with tagged fields that nobody knows yet',
    { timeout: triesTimeoutMs },
    () => {
      fc.assert(
        fc.property(values, (value) => {
          expect(decodeAnswer(api, frameOf(value))).toEqual(expected(value));
        }),
        tries,
      );
    },
  );

  test('cut off anywhere is an error', { timeout: triesTimeoutMs }, () => {
    fc.assert(
      fc.property(values, (value) => {
        const frame = frameOf(value);
        for (let length = 0; length < frame.length; length++) {
          expect(() => decodeAnswer(api, frame.subarray(0, length)), `cut at ${length}`).toThrow(RangeError);
        }
      }),
      { ...tries, numRuns: Math.ceil(tries.numRuns / 20) },
    );
  });

  test(
    'damaged is another answer or an error, soon and without much memory',
    { timeout: triesTimeoutMs },
    () => {
      fc.assert(
        fc.property(values, damages, (value, some) => {
          const frame = damaged(frameOf(value), some);
          const error = errorOf(within(1 << 20, () => decodeAnswer(api, frame)));
          expect(error ?? new RangeError()).toBeInstanceOf(RangeError);
        }),
        tries,
      );
    },
  );
});
