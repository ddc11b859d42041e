import { expect, test } from 'vitest';
import { buildFetch } from './build-fetch.ts';
import { PartitionCursor } from './partition-cursor.ts';

const limits = {
  maxWaitMs: 500,
  minBytes: 1,
  maxBytes: 1_000,
  readCommitted: true,
  rackId: '',
  partitionMaxBytes: 100,
};

function cursor(topicId: string, partition: number): PartitionCursor {
  return new PartitionCursor('t', partition, { offset: 7n, lastFetchedEpoch: 2, topicId });
}

test('each request begins with another partition, so that a byte limit starves none', () => {
  const cursors = [cursor('a', 0), cursor('a', 1), cursor('a', 2)];
  const firsts = [0, 1, 2, 3].map(
    (turn) => buildFetch(cursors, turn, () => 5, limits).topics[0]!.partitions[0]!.partition,
  );
  expect(firsts).toEqual([0, 1, 2, 0]);
});

test('a topic occurs once, with all its partitions and both epochs of each', () => {
  const request = buildFetch([cursor('a', 0), cursor('b', 0), cursor('a', 1)], 0, () => 5, limits);
  expect(request.topics.map(({ topicId, partitions }) => [topicId, partitions.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ]);
  expect(request.topics[0]!.partitions[0]).toEqual({
    partition: 0,
    currentLeaderEpoch: 5,
    fetchOffset: 7n,
    lastFetchedEpoch: 2,
    partitionMaxBytes: 100,
  });
  expect(request).not.toHaveProperty('partitionMaxBytes');
});
