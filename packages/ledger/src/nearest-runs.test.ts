import { expect, test } from 'vitest';
import { endOfRun, NearestRuns } from './nearest-runs.ts';
import type { OffsetRun } from './offset-pairs.ts';

const first: OffsetRun = { source: 100n, target: 7n, count: 10, sourceSpan: 10 };
const gapped: OffsetRun = { source: 111n, target: 18n, count: 5, sourceSpan: 9 };
const last: OffsetRun = { source: 200n, target: 30n, count: 1, sourceSpan: 1 };

function around(side: 'source' | 'target', offset: bigint, runs = [first, gapped, last]): NearestRuns {
  const nearest = new NearestRuns(side, offset);
  for (const run of runs) nearest.see(run);
  return nearest;
}

test.each([
  ['source', 99n, undefined, first],
  ['source', 100n, 7n, gapped],
  ['source', 109n, 16n, gapped],
  ['source', 110n, undefined, gapped], // behind the run: a marker, or something that the pairs do not know
  ['source', 111n, 18n, last],
  ['source', 112n, undefined, last], // nobody knows which of the records are gone
  ['source', 200n, 30n, undefined],
  ['source', 201n, undefined, undefined],
  ['target', 6n, undefined, first],
  ['target', 16n, 109n, gapped],
  ['target', 17n, undefined, gapped],
  ['target', 19n, undefined, last],
  ['target', 30n, 200n, undefined],
] as const)('%s offset %s is exactly %s on the other side', (side, offset, exact, after) => {
  const nearest = around(side, offset);
  expect(nearest.exact).toBe(exact);
  expect(nearest.after).toEqual(after);
});

test('of what was copied twice, the later copy counts', () => {
  const again: OffsetRun = { source: 100n, target: 50n, count: 12, sourceSpan: 12 };
  expect(around('source', 105n, [first, gapped, again]).exact).toBe(55n);
});

test('a run ends where its records end on each side', () => {
  expect(endOfRun(gapped, 'source')).toBe(120n);
  expect(endOfRun(gapped, 'target')).toBe(23n);
});
