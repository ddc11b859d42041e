import { expect, test } from 'vitest';
import { nextCommitIntervalMs } from './commit-interval.ts';

const limits = { minMs: 200, maxMs: 1000 };

test('grows to its longest while the filter is behind, and comes back when it has caught up', () => {
  let intervalMs = 200;
  for (let n = 0; n < 10; n++) intervalMs = nextCommitIntervalMs(intervalMs, 500, 100_000, limits);
  expect(intervalMs).toBe(1000);
  for (let n = 0; n < 10; n++) intervalMs = nextCommitIntervalMs(intervalMs, 500, 20, limits);
  expect(intervalMs).toBe(200);
});
