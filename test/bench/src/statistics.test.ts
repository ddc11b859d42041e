import { expect, test } from 'vitest';
import { costPerUnit, percentileOf, ratioOf, spreadOf } from './statistics.ts';

test('a spread is the median and the ends, in whatever order the runs came', () => {
  expect(spreadOf([5, 1, 9, 2, 3])).toEqual({ median: 3, min: 1, max: 9 });
  expect(spreadOf([4, 2])).toEqual({ median: 3, min: 2, max: 4 });
  expect(spreadOf([7])).toEqual({ median: 7, min: 7, max: 7 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

test.each([
  [0, 1],
  [50, 3],
  [99, 4.96],
  [100, 5],
])('the %i. percentile lies between its neighbours', (percent, expected) => {
  expect(percentileOf([1, 2, 3, 4, 5], percent)).toBeCloseTo(expected);
});

test('what a process costs before and after its work is not in the cost of a record', () => {
  const startUp = 800_000;
  const cost = (work: number) => ({ work, cost: startUp + 1.5 * work });
  expect(costPerUnit(cost(100_000), cost(400_000))).toBeCloseTo(1.5);
  expect(() => costPerUnit(cost(5), cost(5))).toThrow(RangeError);
});

test('a ratio compares medians; to nothing there is none', () => {
  expect(ratioOf(spreadOf([3, 3, 9]), spreadOf([2]))).toBe(1.5);
  expect(ratioOf(spreadOf([3]), spreadOf([0]))).toBeNull();
});
