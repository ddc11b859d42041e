import { expect, test } from 'vitest';
import { judgeReading, judgeSends } from './judgement.ts';

test('acknowledged records that are there once are a promise kept, whatever was refused', () => {
  const partitions = [
    { sent: ['a', 'b'], seen: ['a', 'b'] },
    { sent: ['c', 'd'], seen: ['c'] },
  ];
  expect(judgeSends(partitions, new Set(['a', 'c']))).toMatchObject({
    kept: true,
    account: '2 acknowledged, 2 refused',
  });
});

test.each([
  [false, ['a', 'c'], '3 acknowledged, 1 lost'],
  [false, ['a', 'b', 'b', 'c'], '3 acknowledged, 1 doubled'],
  [true, ['b', 'a', 'c'], '3 acknowledged, 1 out of order'],
])('kept is %j when %j is seen', (kept, seen, account) => {
  const acknowledged = new Set(['a', 'b', 'c']);
  expect(judgeSends([{ sent: ['a', 'b', 'c'], seen }], acknowledged)).toMatchObject({ kept, account });
});

test('a reader must see what is committed, once, and nothing else', () => {
  expect(judgeReading(['a', 'b'], ['a', 'b'])).toMatchObject({ kept: true, account: '2 read' });
  expect(judgeReading(['a', 'b'], ['a', 'x', 'a'])).toMatchObject({
    kept: false,
    counts: { read: 3, uncommitted: 1, missing: 1, doubled: 1 },
  });
});
