import { expect, test } from 'vitest';
import { resendWaitMs, retryAfterMs } from './resend-wait.ts';

test('waits grow and are spread', () => {
  expect(resendWaitMs(1, 0, 0)).toBe(50);
  expect(resendWaitMs(1, 0, 0.5)).toBe(100);
  expect(resendWaitMs(9, 0, 0.5)).toBe(2_000);
});

test('nobody comes back before Retry-After, nor stays away for hours', () => {
  expect(resendWaitMs(1, 5_000, 0)).toBe(5_000);
  expect(resendWaitMs(1, 5_000, 0.8)).toBe(6_000);
  expect(resendWaitMs(1, 86_400_000, 0)).toBe(60_000);
});

test.each([
  [undefined, 0],
  ['3', 3_000],
  ['Thu, 01 Jan 1970 00:00:10 GMT', 9_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['soon', 0],
])('Retry-After %j is %d ms', (header, expected) => {
  expect(retryAfterMs(header, 1_000)).toBe(expected);
});
