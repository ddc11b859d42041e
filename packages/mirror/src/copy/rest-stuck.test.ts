import type { TopicPartition } from '@penstock/kafka';
import { createLog } from '@penstock/service';
import { expect, test } from 'vitest';
import { CopiedPartition } from './copied-partition.ts';
import { firstRestedAt, restStuck } from './rest-stuck.ts';

const log = createLog({ service: 'mirror', level: 'silent' });
const code = 'LEADER_NOT_AVAILABLE';

function copying(partition: number): CopiedPartition {
  const position = {
    ...{ topic: 'clean', partition, topicId: 'id', targetTopicId: null, position: 0n, leaderEpoch: -1 },
    ...{ pause: null, retired: false, lastTargetOffset: -1n, sourceEnd: 0n },
  };
  const copied = new CopiedPartition(position, { topic: 'master', partition }, 'in-ledger');
  copied.markCopying();
  return copied;
}

const ledger = { topic: 'ledger', partition: 0 };

function restOf(
  partitions: readonly CopiedPartition[],
  stuck: readonly number[],
  more: readonly TopicPartition[] = [],
): number {
  const now = performance.now();
  const all = [...stuck.map((partition) => ({ topic: 'master', partition })), ...more];
  restStuck(partitions, ledger, { code, stuck: all }, log);
  return firstRestedAt(partitions, now) - now;
}

test('a partition that takes nothing rests for seconds while others are copied', () => {
  const partitions = [copying(0), copying(1), copying(2)];
  expect(restOf(partitions, [1])).toBeGreaterThanOrEqual(5_000);
  expect(partitions.map(({ phase }) => phase)).toEqual(['copying', 'resting', 'copying']);
});

test('where none takes anything, as when their only broker was away, they are tried again at once', () => {
  const partitions = [copying(0), copying(1)];
  expect(restOf(partitions, [0, 1])).toBeLessThan(1_000);
  expect(partitions.map(({ phase }) => phase)).toEqual(['resting', 'resting']);
});

test('who rests already does not count as one that is held up, and is tried with the last one', () => {
  const partitions = [copying(0), copying(1)];
  expect(restOf(partitions, [0])).toBeGreaterThanOrEqual(5_000);
  expect(restOf(partitions, [1])).toBeLessThan(1_000);
  const [first, last] = partitions.map(({ restsUntil }) => restsUntil);
  expect(first).toBe(last);
});

test('where the ledger takes nothing either, nobody goes on: not even who had nothing to write', () => {
  const partitions = [copying(0), copying(1)];
  expect(restOf(partitions, [0], [ledger])).toBeLessThan(1_000);
});

test('nobody rests: there is nothing to wait for', () => {
  expect(firstRestedAt([copying(0)], 0)).toBe(Infinity);
});
