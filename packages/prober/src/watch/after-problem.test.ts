import { expect, test } from 'vitest';
import { afterProblem } from './after-problem.ts';

test.each([
  ['recreated', 'from its beginning, and what was seen may come once more', 0n, true],
  ['truncated', 'where the log that was read ends, and what was seen may come once more', 5n, true],
  ['beyond-end', 'from its end, and what was seen may come once more', 5n, true],
  ['overtaken', 'after what is gone', 9n, false],
  ['corrupt', 'after what is gone', 9n, false],
  ['old-format', 'after what is gone', 9n, false],
] as const)('a log that is %s is read on %s', (kind, _, offset, anew) => {
  expect(afterProblem({ kind, from: 5n, to: 9n })).toEqual({ offset, anew });
});
