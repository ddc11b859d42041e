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
  ['source', 110n, undefined, gapped], // after the run: a marker, or something that the pairs do not know
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

test('what lay on a target that was made again, or that lost its end, is not there any more', () => {
  const found = (offset: bigint, then: OffsetRun) => {
    const { exact, before, after } = around('source', offset, [first, gapped, then]);
    return { exact, before, after };
  };
  const remade: OffsetRun = { source: 200n, target: 0n, count: 5, sourceSpan: 5 };
  expect(found(105n, remade)).toEqual({ exact: undefined, before: undefined, after: remade });
  expect(found(203n, remade)).toEqual({ exact: 3n, before: remade, after: undefined });
  const shortened: OffsetRun = { source: 200n, target: 17n, count: 5, sourceSpan: 5 };
  expect(found(105n, shortened)).toEqual({ exact: 12n, before: first, after: shortened });
  expect(found(113n, shortened)).toEqual({ exact: undefined, before: undefined, after: shortened });
});

test.each([
  // [source, target, count] of each run; the offset on the target; what it is on the source
  ['made again', [0, 0, 101], [0, 102, 10], 50n, undefined],
  ['made again', [0, 0, 101], [0, 102, 10], 0n, undefined],
  ['made again', [0, 0, 101], [0, 102, 10], 105n, 3n],
  ['made again, and begins later', [100, 0, 101], [50, 102, 10], 50n, undefined],
  ['cut off', [0, 0, 100], [80, 101, 30], 90n, undefined],
  ['cut off', [0, 0, 100], [80, 101, 30], 111n, 90n],
  ['not changed', [0, 0, 100], [101, 101, 30], 50n, 50n],
] as const)(
  'a source that was %s: of runs %o and %o, target offset %s is %s there',
  (_, [s, t, n], [again, then, some], offset, exact) => {
    const run = (source: number, target: number, count: number): OffsetRun => ({
      ...{ source: BigInt(source), target: BigInt(target) },
      ...{ count, sourceSpan: count },
    });
    const nearest = around('target', offset, [run(s, t, n), run(again, then, some)]);
    expect([nearest.exact, nearest.before === undefined]).toEqual([exact, exact === undefined]);
  },
);

test('a run of no records is a place from which both sides go on', () => {
  const answered: OffsetRun = { source: 0n, target: 120n, count: 0, sourceSpan: 0 };
  expect(around('source', 0n, [first, gapped, answered]).exact).toBe(120n);
  expect(around('target', 120n, [first, gapped, answered]).exact).toBe(0n);
  for (const [side, offset] of [
    ['source', 105n],
    ['target', 12n],
  ] as const) {
    expect(around(side, offset, [first, gapped, answered]).exact).toBeUndefined();
  }
  expect(around('source', 105n, [first, gapped, answered]).before).toBe(answered);
});

test('a run ends where its records end on each side', () => {
  expect(endOfRun(gapped, 'source')).toBe(120n);
  expect(endOfRun(gapped, 'target')).toBe(23n);
});
