import { expect, test } from 'vitest';
import { commitWaitMs } from './commit-pace.ts';

const limits = { intervalMs: 250, lagIntervalMs: 1_000, bytes: 1_000 };

test.each([
  ['just begun', { sinceAt: 1_000, bytes: 1, hasMore: false }, 250],
  ['some time later', { sinceAt: 900, bytes: 1, hasMore: false }, 150],
  ['at the interval', { sinceAt: 750, bytes: 1, hasMore: false }, 0],
  ['long after it', { sinceAt: 0, bytes: 1, hasMore: true }, 0],
  ['behind: it waits longer', { sinceAt: 900, bytes: 1, hasMore: true }, 900],
  ['large enough, whatever its age', { sinceAt: 1_000, bytes: 1_000, hasMore: true }, 0],
])('%s', (_, open, waitMs) => {
  expect(commitWaitMs(open, limits, 1_000)).toBe(waitMs);
});
