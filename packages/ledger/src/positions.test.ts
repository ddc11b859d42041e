import { randomInt, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { LedgerError } from './ledger-error.ts';
import { pauseKinds, type Pause, type PauseKind } from './pause.ts';
import { decodePositions, encodePositions, type PartitionPosition } from './positions.ts';

const cleanId = '0f9c4a1e-52f5-4a55-9c7e-5d6d7c1f0a11';

test('positions read as they were written, up to the largest offset', () => {
  for (let round = 0; round < 200; round += 1) {
    const topics = ['events.clean', 'käse', randomUUID()].map((topic) => ({
      topic,
      topicId: randomUUID(),
      targetTopicId: randomInt(2) === 0 ? null : randomUUID(),
    }));
    const partitions = Array.from({ length: randomInt(40) }, () => ({
      ...topics[randomInt(3)]!,
      ...anyPosition(),
    }));
    const positions = { genesisOffset: anyOffset(), partitions };
    expect(decodePositions(encodePositions(positions))).toEqual(positions);
  }
});

test('one name under two ids stays two topics', () => {
  const [old, recreated] = [randomUUID(), randomUUID()];
  const partitions = [
    { ...anyPosition(), topic: 'events.clean', topicId: old, targetTopicId: null, partition: 0 },
    { ...anyPosition(), topic: 'events.clean', topicId: recreated, targetTopicId: old, partition: 1 },
  ];
  expect(decodePositions(encodePositions({ genesisOffset: 0n, partitions })).partitions).toEqual(partitions);
});

test('24 busy partitions take less than 600 bytes', () => {
  const partitions = Array.from({ length: 24 }, (_, partition) => ({
    topic: 'events.clean',
    topicId: cleanId,
    targetTopicId: cleanId,
    partition,
    position: 30_000_000_000n + BigInt(partition),
    leaderEpoch: 17,
    lastTargetOffset: 30_100_000_000n,
    sourceEnd: 30_000_001_000n,
    retired: false,
    pause: null,
  }));
  expect(encodePositions({ genesisOffset: 3n, partitions }).length).toBeLessThan(600);
});

test('a record that is cut anywhere, or from a newer version, is refused', () => {
  const whole = encodePositions({
    genesisOffset: 300n,
    partitions: [{ topic: 'events.clean', topicId: cleanId, targetTopicId: cleanId, ...anyPosition() }],
  });
  for (let length = 0; length < whole.length; length += 1) {
    expect(() => decodePositions(whole.subarray(0, length))).toThrow(LedgerError);
  }
  const newer = Buffer.from(whole);
  newer[0] = 3;
  expect(() => decodePositions(newer)).toThrow('newer version');
});

test('a record of the first version is read, without what it did not hold', () => {
  // Version, genesis offset, one topic, one partition: index, number, position, epoch, last target, state.
  const name = Buffer.from('events.clean');
  const id = Buffer.from(cleanId.replaceAll('-', ''), 'hex');
  const paused = [2 + 2 * pauseKinds.indexOf('overtaken'), 33, 55];
  const bytes = Buffer.concat([
    Buffer.from([1, 3, 1]),
    id,
    Buffer.from([name.length]),
    name,
    Buffer.from([1, 0, 7, 33, 5, 0, ...paused]),
  ]);
  expect(decodePositions(bytes).partitions).toEqual([
    {
      topic: 'events.clean',
      topicId: cleanId,
      targetTopicId: null,
      partition: 7,
      position: 33n,
      leaderEpoch: 4,
      lastTargetOffset: -1n,
      sourceEnd: null,
      retired: false,
      pause: { kind: 'overtaken', from: 33n, to: 55n, sinceMs: null, detail: '' },
    },
  ]);
});

function anyPosition(): Omit<PartitionPosition, 'topic' | 'topicId' | 'targetTopicId'> {
  const kind = pauseKinds[randomInt(2 * pauseKinds.length)];
  return {
    partition: randomInt(10_000),
    position: anyOffset(),
    leaderEpoch: randomInt(-1, 2 ** 31 - 1),
    lastTargetOffset: anyOffset() - 1n,
    sourceEnd: randomInt(2) === 0 ? null : anyOffset(),
    retired: randomInt(2) === 1,
    pause: kind === undefined ? null : anyPause(kind),
  };
}

function anyPause(kind: PauseKind): Pause {
  const sinceMs = randomInt(2) === 0 ? null : randomInt(1, 2 ** 42);
  return { kind, from: anyOffset(), to: anyOffset(), sinceMs, detail: randomUUID().slice(randomInt(36)) };
}

function anyOffset(): bigint {
  return BigInt.asUintN(randomInt(64), BigInt(randomInt(2 ** 40)) * BigInt(randomInt(2 ** 40)));
}
