import { expect, test } from 'vitest';
import { sequenceAfter } from './sequence.ts';

test('sequences wrap from 2^31-1 to 0', () => {
  expect(sequenceAfter(0, 5)).toBe(5);
  expect(sequenceAfter(2 ** 31 - 1, 1)).toBe(0);
  expect(sequenceAfter(2 ** 31 - 2, 5)).toBe(3);
});
