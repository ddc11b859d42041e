import { expect, test } from 'vitest';
import { Latencies } from './latencies.ts';

test('quantiles are right to a hundredth, from microseconds to minutes', () => {
  const latencies = new Latencies();
  expect([latencies.quantileMs(0.5), latencies.maxMs]).toEqual([0, 0]);
  for (let ms = 1; ms <= 1_000; ms += 1) latencies.add(ms);
  expect(latencies.quantileMs(0.5) / 500).toBeCloseTo(1, 1);
  expect(latencies.quantileMs(0.99) / 990).toBeCloseTo(1, 1);
  latencies.add(0.02);
  latencies.add(120_000);
  expect(latencies.quantileMs(0)).toBeLessThan(0.03);
  expect(latencies.quantileMs(1)).toBe(120_000);
});
