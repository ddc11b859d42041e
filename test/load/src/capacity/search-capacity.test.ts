import fc from 'fast-check';
import { expect, test } from 'vitest';
import { searchCapacity } from './search-capacity.ts';

test('it doubles until a rate is too much, then bisects', async () => {
  const tried: number[] = [];
  const found = await searchCapacity({ first: 500, most: 100_000, within: 0.1 }, async (rate) => {
    tried.push(rate);
    return rate <= 2_900;
  });
  expect(tried).toEqual([500, 1_000, 2_000, 4_000, 3_000, 2_500, 2_750]);
  expect(found).toBe(2_750);
});

test('a pipeline that bears nothing has the capacity 0, and one that bears all has the most', async () => {
  const options = { first: 500, most: 3_000, within: 0.1 };
  expect(await searchCapacity(options, async () => false)).toBe(0);
  expect(await searchCapacity(options, async () => true)).toBe(3_000);
});

test('what it finds is borne and near the limit, and no rate is tried twice', async () => {
  const rates = fc.integer({ min: 2, max: 200_000 });
  await fc.assert(
    fc.asyncProperty(rates, fc.integer({ min: 1, max: 50_000 }), async (limit, first) => {
      const tried: number[] = [];
      const found = await searchCapacity({ first, most: 1_000_000, within: 0.1 }, async (rate) => {
        tried.push(rate);
        return rate <= limit;
      });
      expect(found).toBeLessThanOrEqual(limit);
      expect(found).toBeGreaterThanOrEqual(Math.floor(limit / 1.1) - 1);
      expect(new Set(tried).size).toBe(tried.length);
    }),
  );
});
