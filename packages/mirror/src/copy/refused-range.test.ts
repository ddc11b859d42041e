import { expect, test } from 'vitest';
import { refusedRange } from './refused-range.ts';

const why = { code: 'INVALID_RECORD', message: 'one or more records' } as const;
const batch = { firstOffset: 100n, lastOffset: 105n, count: 6, offsets: undefined };
/** Compacted, or joined of batches with a marker between them. */
const withGaps = { firstOffset: 100n, lastOffset: 120n, count: 4, offsets: [100n, 101n, 110n, 120n] };

test.each([
  ['the record that the broker names', batch, [2], 102n, 103n],
  ['the first of them and those right behind it', batch, [5, 3, 2], 102n, 104n],
  ['all of them', batch, [0, 1, 2, 3, 4, 5], 100n, 106n],
  ['by their own offsets, over gaps', withGaps, [2, 3], 110n, 121n],
  ['the batch, when the broker names none', batch, [], 100n, 106n],
  ['the batch, when it has no such record', withGaps, [4, -1], 100n, 121n],
])('what is refused: %s', (_, given, indexes, from, to) => {
  const records = indexes.map((index) => ({ index, message: 'no key' }));
  expect(refusedRange(given, { ...why, records })).toMatchObject({ from, to });
});

test("it is said why: in the broker's words for the record, or else for the batch", () => {
  const refused = (records: { index: number; message: string | null }[]) =>
    refusedRange(batch, { ...why, records }).detail;
  expect(refused([{ index: 1, message: 'no key' }])).toBe(
    'the target refuses a record: INVALID_RECORD: no key',
  );
  expect(refused([1, 2].map((index) => ({ index, message: null })))).toBe(
    'the target refuses 2 records: INVALID_RECORD: one or more records',
  );
  expect(refused([])).toBe('the target refuses a batch: INVALID_RECORD: one or more records');
});
