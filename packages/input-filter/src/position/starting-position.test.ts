import { describe, expect, test } from 'vitest';
import { startingPosition, type Offsets } from './starting-position.ts';

const usual: Offsets = {
  committed: 50n,
  chosen: false,
  committedTopicId: 'raw-1',
  rawTopicId: 'raw-1',
  rawStart: 10n,
  rawEnd: 100n,
  written: true,
  proven: 48n,
};

test('a committed offset that agrees with the output is where it goes on', () => {
  expect(startingPosition(usual)).toEqual({ kind: 'continue', offset: 50n });
});

test.each([
  ['the output is exactly as far', { proven: 50n }],
  ['everything is read', { committed: 100n }],
  ['everything that is left is still to be read', { committed: 10n, proven: 10n }],
  ['the output was lost to retention', { proven: null }],
  ['nothing was ever filtered', { written: false, proven: null }],
  ['the metadata names no topic id', { committedTopicId: null }],
  ['an operator has chosen to go back', { committed: 20n, chosen: true }],
])('goes on: %s', (_, evidence) => {
  const given = { ...usual, ...evidence };
  expect(startingPosition(given)).toEqual({ kind: 'continue', offset: given.committed });
});

test('the first start begins at the start of the log', () => {
  const evidence = { ...usual, committed: null, committedTopicId: null, written: false, proven: null };
  expect(startingPosition(evidence)).toEqual({ kind: 'first-start', offset: 10n });
});

describe('pauses and names the position to resume from', () => {
  test.each([
    ['lost offsets', { committed: null }, 'offsets-lost', 48n],
    ['lost offsets, and no output is left', { committed: null, proven: null }, 'offsets-lost', null],
    ['offsets reset to before what the output proves', { committed: 47n }, 'offsets-behind-output', 48n],
    ['offsets reset to the start', { committed: 10n }, 'offsets-behind-output', 48n],
    ['retention was faster', { committed: 9n, proven: 9n }, 'raw-overtaken', 10n],
    ['a position beyond the end', { committed: 101n }, 'beyond-raw-end', null],
    ['another topic of the same name', { rawTopicId: 'raw-2' }, 'raw-recreated', 10n],
    [
      'another topic, even when an operator chose',
      { rawTopicId: 'raw-2', chosen: true },
      'raw-recreated',
      10n,
    ],
    ['a choice that is gone', { committed: 5n, chosen: true }, 'raw-overtaken', 10n],
  ] as const)('%s', (_, evidence, code, resumeAt) => {
    expect(startingPosition({ ...usual, ...evidence })).toMatchObject({ kind: 'paused', code, resumeAt });
  });

  test('and says why in a sentence', () => {
    expect(startingPosition({ ...usual, committed: null })).toMatchObject({
      detail: expect.stringContaining('up to raw offset 47'),
    });
  });
});
