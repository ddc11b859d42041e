import { expect, test } from 'vitest';
import { addRun, decodePairs, pairsRecord, type OffsetRun } from './offset-pairs.ts';

test('runs read as they were written', () => {
  const runs = [
    { source: 2n ** 40n, target: 7n, count: 500, sourceSpan: 500 },
    { source: 2n ** 40n + 501n, target: 508n, count: 3, sourceSpan: 90 },
  ];
  const record = pairsRecord({ topic: 'events.clean', partition: 12 }, runs, 5);
  expect(record.key).toEqual(Buffer.from('events.clean-12'));
  expect(decodePairs(record.value as Buffer)).toEqual(runs);
});

test('what continues on both sides is one run; a gap on either side begins another', () => {
  const runs: OffsetRun[] = [];
  addRun(runs, { source: 10n, target: 100n, count: 5, sourceSpan: 5 });
  addRun(runs, { source: 15n, target: 105n, count: 5, sourceSpan: 5 });
  addRun(runs, { source: 21n, target: 110n, count: 5, sourceSpan: 5 }); // a commit marker at the source
  addRun(runs, { source: 26n, target: 116n, count: 5, sourceSpan: 5 }); // one at the target
  addRun(runs, { source: 31n, target: 121n, count: 2, sourceSpan: 9 }); // compacted
  addRun(runs, { source: 40n, target: 123n, count: 1, sourceSpan: 1 });
  expect(runs.map(({ source, target, count }) => [Number(source), Number(target), count])).toEqual([
    [10, 100, 10],
    [21, 110, 5],
    [26, 116, 5],
    [31, 121, 2],
    [40, 123, 1],
  ]);
});
