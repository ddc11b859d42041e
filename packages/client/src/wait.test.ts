import { expect, test } from 'vitest';
import { waitMs } from './wait.ts';

test.each([
  // failures, longest, asked for, random, wait
  [1, 60_000, 0, 0, 500],
  [1, 60_000, 0, 1, 1_000],
  [4, 60_000, 0, 1, 8_000],
  [40, 60_000, 0, 0, 30_000],
  [5_000, 60_000, 0, 1, 60_000],
  [1, 60_000, 5_000, 0, 5_000],
  [1, 60_000, 5_000, 1, 6_000],
  [9, 1_000, 90_000, 0, 90_000],
])(
  '%i failures in a row, at most %i ms, asked for %i ms, random %d: %i ms',
  (failures, max, asked, random, wait) => {
    expect(waitMs(failures, max, asked, random)).toBe(wait);
  },
);
