import { expect, test } from 'vitest';
import { restMs } from './rest.ts';

test('each rest is twice as long as the one before, from 5 s to a minute', () => {
  const rests: number[] = [];
  for (let last = 0; rests.length < 6;) rests.push((last = restMs(last)));
  expect(rests).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});
