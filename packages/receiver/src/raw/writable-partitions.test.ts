import { expect, test } from 'vitest';
import { notWritable, writablePartitions } from './writable-partitions.ts';

const led = (inSync: number) => ({ leader: 1, leaderEpoch: 3, inSync });
const leaderless = { leader: -1, leaderEpoch: 3, inSync: 3 };

test.each([
  ['all in sync', [led(3), led(2)], 2, undefined],
  ['one of two below the minimum', [led(3), led(1)], 2, undefined],
  [
    'all below the minimum',
    [led(1), led(1)],
    2,
    '0 of 2 partitions of raw can be written: 0 without a leader, 2 below',
  ],
  [
    'most without a leader',
    [led(3), leaderless, leaderless],
    2,
    '1 of 3 partitions of raw can be written: 2 without',
  ],
  ['a single replica where one is enough', [led(1)], 1, undefined],
  ['a partition whose replicas are not known', [{ leader: 1, leaderEpoch: 3 }], 2, undefined],
  ['no partitions', [], 2, '0 of 0'],
])('%s', (_, partitions, minInSync, expected) => {
  const reason = notWritable('raw', writablePartitions(partitions, minInSync));
  expect(reason ?? 'ready').toContain(expected ?? 'ready');
});
