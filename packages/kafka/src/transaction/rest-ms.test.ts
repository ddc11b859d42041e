import { expect, test } from 'vitest';
import { restMs } from './rest-ms.ts';

test('where nobody is held up, the next try comes soon', () => {
  const rests: number[] = [];
  for (let last = 0; rests.length < 6;) rests.push((last = restMs(last, 'nobody')));
  expect(rests).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000]);
});

test('each rest is twice as long as the one before, from 5 s to a minute', () => {
  const rests: number[] = [];
  for (let last = 0; rests.length < 6;) rests.push((last = restMs(last)));
  expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});
