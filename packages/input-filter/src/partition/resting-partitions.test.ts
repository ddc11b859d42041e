import { expect, test } from 'vitest';
import { RestingPartitions } from './resting-partitions.ts';

test('each rest is twice as long as the one before, until something is written', () => {
  const resting = new RestingPartitions();
  const rests = Array.from({ length: 6 }, () => resting.lay(3, 0));
  expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  resting.wrote(3);
  expect(resting.lay(3, 0)).toBe(5_000);
});

test('it wakes when its rest is over and its outputs have a leader', () => {
  const resting = new RestingPartitions();
  resting.lay(3, 0);
  resting.lay(4, 0);
  expect(resting.wake(4_999, () => true)).toEqual([]);
  expect(resting.wake(5_000, (partition) => partition === 4)).toEqual([4]);
  expect([resting.has(3), resting.has(4)]).toEqual([true, false]);
  expect(resting.wake(5_500, () => true)).toEqual([]); // looked at again a second later
  expect(resting.wake(6_000, () => true)).toEqual([3]);
});

test('a partition that was given away is forgotten', () => {
  const resting = new RestingPartitions();
  resting.lay(3, 0);
  resting.forget(3);
  expect(resting.wake(60_000, () => true)).toEqual([]);
  expect(resting.lay(3, 0)).toBe(5_000);
});
