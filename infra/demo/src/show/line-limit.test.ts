import { expect, test } from 'vitest';
import { LineLimit } from './line-limit.ts';

test('of more lines than the limit of a second only their number is told, with the next one', () => {
  const told: string[] = [];
  const limit = new LineLimit(2, (line) => told.push(line));
  for (const [line, at] of Object.entries({ a: 0, b: 1, c: 2, d: 999, e: 1_000, f: 2_500 }))
    limit.take(() => line, at);
  expect(told).toEqual(['a', 'b', '... and 2 more', 'e', 'f']);
});
