import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrequentItems } from './frequent-items.ts';

test('whoever has more than the bound of the error is found, among whatever others', () => {
  const names = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 50 })), {
    maxLength: 2_000,
  });
  fc.assert(
    fc.property(names, fc.integer({ min: 2, max: 40 }), (items, entriesMax) => {
      const frequent = new FrequentItems(entriesMax);
      const truth = new Map<string, number>();
      let total = 0;
      for (const [name, weight] of items) {
        frequent.add(String(name), weight);
        truth.set(String(name), (truth.get(String(name)) ?? 0) + weight);
        total += weight;
      }
      expect(frequent.total).toBe(total);
      expect(frequent.size).toBeLessThanOrEqual(entriesMax);
      const told = new Map(frequent.atLeast(0).map(({ name, weight }) => [name, weight]));
      for (const [name, weight] of truth) {
        const low = told.get(name) ?? 0;
        expect(low).toBeLessThanOrEqual(weight);
        expect(weight - low).toBeLessThanOrEqual(total / (entriesMax / 2));
      }
    }),
    { numRuns: 200 },
  );
});

test('a million names are no more memory than a few', () => {
  const frequent = new FrequentItems(256);
  for (let n = 0; n < 1_000_000; n += 1) frequent.add(n % 10 === 0 ? 'hot' : `name-${n}`, 1);
  expect(frequent.size).toBeLessThanOrEqual(256);
  expect(frequent.atLeast(0.09).map(({ name }) => name)).toEqual(['hot']);
});
