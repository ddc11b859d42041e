import { expect, test } from 'vitest';
import { shardOf } from './shard-of.ts';

test('a partition keeps its shard for ever', () => {
  expect([0, 1, 2, 3, 100].map((p) => shardOf('events.clean', p, 4))).toEqual([3, 0, 1, 2, 3]);
  expect(shardOf('events.purchase', 0, 7)).toBe(shardOf('events.purchase', 7, 7));
});

test('a topic spreads over all shards evenly', () => {
  const counts = new Uint32Array(4);
  for (let partition = 0; partition < 12; partition += 1) counts[shardOf('events.clean', partition, 4)]! += 1;
  expect([...counts]).toEqual([3, 3, 3, 3]);
});
