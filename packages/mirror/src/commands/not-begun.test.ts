import type { Genesis } from '@penstock/ledger';
import { expect, test } from 'vitest';
import { notBegun } from './not-begun.ts';

const topic = {
  name: 'events.clean',
  id: 'id',
  partitions: 4,
  target: 'a.clean',
  ranges: [{ first: 10, width: 3 }],
  origins: [],
};
const genesis: Genesis = {
  link: 'fra',
  shards: 1,
  sourceClusterId: 'source',
  targetClusterId: 'target',
  generation: 1,
  topics: [topic],
};
const begun = [0, 1].map((partition) => ({ topic: topic.name, partition }));

test('partitions that nobody has begun are shown, also when only the ledger can be asked', () => {
  expect(notBegun(0, genesis, begun, ({ partitions }) => partitions)).toMatchObject([
    { partition: 'events.clean-2', target: 'a.clean-12', position: null, behind: null, state: 'not-begun' },
    { partition: 'events.clean-3', target: null, position: null, behind: null, state: 'no-target-partition' },
  ]);
});

test('a topic that is gone has none', () => {
  expect(notBegun(0, genesis, begun, () => 0)).toEqual([]);
});
