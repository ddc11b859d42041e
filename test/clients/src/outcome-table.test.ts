import { expect, test } from 'vitest';
import { renderOutcomes } from './outcome-table.ts';

test('who keeps which promise, with an empty cell where a client was not asked', () => {
  const kept = { kept: true, account: '3 read', counts: {} };
  const broken = { kept: false, account: '1 lost | 1 doubled', counts: {} };
  const text = renderOutcomes([
    { promise: 'reads right', client: 'ours', judgement: kept },
    { promise: 'reads right', client: 'theirs', judgement: broken },
    { promise: 'restarts', client: 'ours', judgement: kept },
  ]);
  expect(text.split('\n')).toEqual([
    '| promise | ours | theirs |',
    '| --- | --- | --- |',
    '| reads right | kept: 3 read | **broken**: 1 lost \\| 1 doubled |',
    '| restarts | kept: 3 read |  |',
  ]);
});
