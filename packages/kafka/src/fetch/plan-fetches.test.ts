import { expect, test } from 'vitest';
import type { Topic } from '../cluster/topic-cache.ts';
import { PartitionCursor } from './partition-cursor.ts';
import { planFetches } from './plan-fetches.ts';

const topic: Topic = {
  name: 't',
  id: 'id-1',
  partitions: [
    { leader: 1, leaderEpoch: 0 },
    { leader: 2, leaderEpoch: 0 },
    { leader: -1, leaderEpoch: 0 },
  ],
};

function cursor(partition: number, topicId?: string): PartitionCursor {
  return new PartitionCursor('t', partition, { offset: 0n, lastFetchedEpoch: -1, topicId });
}

function plan(cursors: PartitionCursor[], brokenUntil: (node: number) => number = () => 0) {
  const topicOf = (name: string): Topic | undefined => (name === 't' ? topic : undefined);
  return planFetches(cursors, { now: 1_000, partitionPrefetchBytes: 100, topicOf, brokenUntil });
}

test('each leader is asked for its partitions; a cursor without a topic id gets the present one', () => {
  const cursors = [cursor(0), cursor(1), cursor(0)];
  const { byNode, wakeAt, needsMetadata } = plan(cursors);
  expect([...byNode].map(([node, some]) => [node, some.length])).toEqual([
    [1, 2],
    [2, 1],
  ]);
  expect(cursors[0]!.topicId).toBe('id-1');
  expect([wakeAt, needsMetadata]).toEqual([Infinity, false]);
});

test('paused, confirming and ended partitions are left out', () => {
  const cursors = [cursor(0), cursor(0), cursor(0)];
  cursors[0]!.paused = true;
  cursors[1]!.state = 'confirming';
  cursors[2]!.state = 'ended';
  expect(plan(cursors).byNode.size).toBe(0);
});

test('a partition of which enough waits is left out, and the plan says so', () => {
  const full = cursor(0);
  full.waitingBytes = 100;
  expect(plan([full, cursor(1)])).toMatchObject({ isOneFull: true, wakeAt: Infinity });
});

test('what has to wait sets the moment of the next plan: the earliest of them', () => {
  const later = cursor(0);
  later.retryAt = 5_000;
  expect(plan([later]).wakeAt).toBe(5_000);
  expect(plan([later, cursor(1)], (node) => (node === 2 ? 3_000 : 0)).wakeAt).toBe(3_000);
});

test('a partition without a leader, or of an unknown topic, needs metadata', () => {
  expect(plan([cursor(2)]).needsMetadata).toBe(true);
  const unknown = new PartitionCursor('unknown', 0, { offset: 0n, lastFetchedEpoch: -1 });
  expect(plan([unknown]).needsMetadata).toBe(true);
});

test('a position of another topic id is doubtful, and is not fetched', () => {
  const { doubtful, byNode } = plan([cursor(0, 'id-0')]);
  expect(doubtful).toHaveLength(1);
  expect(byNode.size).toBe(0);
});
