import { expect, test } from 'vitest';
import { encodeBatch } from '../bytes/encode-batch.ts';
import { errorCodes } from '../errors/error-codes.ts';
import type { FetchedPartition } from '../requests/fetch.ts';
import { confirmOutOfRange, confirmRecreated } from './confirm-position.ts';
import { PartitionCursor } from './partition-cursor.ts';
import { takeAnswer } from './take-answer.ts';

const three = encodeBatch(
  ['a', 'b', 'c'].map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1_000 })),
).bytes;

function cursorAt(offset: bigint): PartitionCursor {
  return new PartitionCursor('t', 0, { offset, lastFetchedEpoch: 4 });
}

function answer(part: Partial<FetchedPartition>): FetchedPartition {
  return {
    topicId: 'id',
    partition: 0,
    errorCode: 0,
    highWatermark: 9n,
    lastStableOffset: 8n,
    logStartOffset: 0n,
    aborted: [],
    preferredReadReplica: -1,
    records: Buffer.alloc(0),
    ...part,
  };
}

test('batches move the cursor after them, and marks are taken from every answer', () => {
  const cursor = cursorAt(0n);
  expect(takeAnswer(cursor, answer({ records: three }), true)).toMatchObject({ kind: 'batches' });
  expect(cursor).toMatchObject({ offset: 3n, highWatermark: 9n, lastStableOffset: 8n });
  expect(takeAnswer(cursor, answer({ highWatermark: 12n }), true)).toEqual({ kind: 'nothing' });
  expect(cursor.highWatermark).toBe(12n);
});

test('bytes without one whole batch are unreadable, and the cursor stays', () => {
  const cursor = cursorAt(0n);
  const damaged = Buffer.from(three);
  damaged[70]! ^= 1;
  for (const records of [three.subarray(0, 70), damaged])
    expect(takeAnswer(cursor, answer({ records }), true)).toMatchObject({ kind: 'unreadable' });
  expect(cursor.offset).toBe(0n);
});

test("the leader's diverging log is a problem with its range, a follower's is not", () => {
  const diverging = { epoch: 3, endOffset: 5n };
  expect(takeAnswer(cursorAt(7n), answer({ diverging }), true)).toMatchObject({
    kind: 'problem',
    problem: { kind: 'truncated', from: 5n, to: 7n },
  });
  const reader = cursorAt(7n);
  reader.preferReplica(2);
  expect(takeAnswer(reader, answer({ diverging }), true)).toEqual({ kind: 'nothing' });
});

test.each([
  ['OFFSET_OUT_OF_RANGE', { kind: 'doubt', confirm: confirmOutOfRange }],
  ['UNKNOWN_TOPIC_ID', { kind: 'doubt', confirm: confirmRecreated }],
  ['CORRUPT_MESSAGE', { kind: 'unreadable' }],
  ['NOT_LEADER_OR_FOLLOWER', { kind: 'later', refresh: true }],
  ['OFFSET_NOT_AVAILABLE', { kind: 'later', refresh: false }],
  ['TOPIC_AUTHORIZATION_FAILED', { kind: 'failure' }],
])('%s from the leader', (name, outcome) => {
  const errorCode = errorCodes.get(name)!;
  expect(takeAnswer(cursorAt(7n), answer({ errorCode }), true)).toMatchObject(outcome);
});

test('an error of a follower only means that the leader is asked next', () => {
  const cursor = cursorAt(7n);
  cursor.preferReplica(2);
  const errorCode = errorCodes.get('OFFSET_OUT_OF_RANGE')!;
  expect(takeAnswer(cursor, answer({ errorCode }), true)).toEqual({ kind: 'nothing' });
  expect(cursor.nodeFor(1, 0)).toBe(1);
});
