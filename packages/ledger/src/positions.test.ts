import { randomInt, randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { LedgerError } from './ledger-error.ts';
import { decodePositions, encodePositions, pauseKinds, type PartitionPosition } from './positions.ts';

const cleanId = '0f9c4a1e-52f5-4a55-9c7e-5d6d7c1f0a11';

test('positions read as they were written, up to the largest offset', () => {
  for (let round = 0; round < 200; round += 1) {
    const topics = ['events.clean', 'käse', randomUUID()].map((topic) => ({ topic, topicId: randomUUID() }));
    const partitions = Array.from({ length: randomInt(40) }, () => ({
      ...(topics[randomInt(3)] as { topic: string; topicId: string }),
      ...anyPosition(),
    }));
    const positions = { genesisOffset: anyOffset(), partitions };
    expect(decodePositions(encodePositions(positions))).toEqual(positions);
  }
});

test('one name under two ids stays two topics', () => {
  const [old, recreated] = [randomUUID(), randomUUID()];
  const partitions = [
    { ...anyPosition(), topic: 'events.clean', topicId: old, partition: 0 },
    { ...anyPosition(), topic: 'events.clean', topicId: recreated, partition: 1 },
  ];
  expect(decodePositions(encodePositions({ genesisOffset: 0n, partitions })).partitions).toEqual(partitions);
});

test('24 busy partitions take less than 400 bytes', () => {
  const partitions = Array.from({ length: 24 }, (_, partition) => ({
    topic: 'events.clean',
    topicId: cleanId,
    partition,
    position: 30_000_000_000n + BigInt(partition),
    leaderEpoch: 17,
    lastTargetOffset: 30_100_000_000n,
    retired: false,
    pause: null,
  }));
  expect(encodePositions({ genesisOffset: 3n, partitions }).length).toBeLessThan(400);
});

test('a record that is cut anywhere, or from a newer version, is refused', () => {
  const whole = encodePositions({
    genesisOffset: 300n,
    partitions: [{ topic: 'events.clean', topicId: cleanId, ...anyPosition() }],
  });
  for (let length = 0; length < whole.length; length += 1) {
    expect(() => decodePositions(whole.subarray(0, length))).toThrow(LedgerError);
  }
  const newer = Buffer.from(whole);
  newer[0] = 2;
  expect(() => decodePositions(newer)).toThrow('newer version');
});

function anyPosition(): Omit<PartitionPosition, 'topic' | 'topicId'> {
  const kind = pauseKinds[randomInt(2 * pauseKinds.length)];
  return {
    partition: randomInt(10_000),
    position: anyOffset(),
    leaderEpoch: randomInt(-1, 2 ** 31 - 1),
    lastTargetOffset: anyOffset() - 1n,
    retired: randomInt(2) === 1,
    pause: kind === undefined ? null : { kind, from: anyOffset(), to: anyOffset() },
  };
}

function anyOffset(): bigint {
  return BigInt.asUintN(randomInt(64), BigInt(randomInt(2 ** 40)) * BigInt(randomInt(2 ** 40)));
}
