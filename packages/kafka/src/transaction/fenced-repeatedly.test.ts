import { expect, test } from 'vitest';
import { FencedRepeatedly } from './fenced-repeatedly.ts';

test('the fifth fencing in a row means that two deployments share an identity', () => {
  const fencings = new FencedRepeatedly();
  for (let n = 1; n <= 4; n++) expect(fencings.fenced(n * 1_000)).toMatchObject({ kind: 'wait', inARow: n });
  expect(fencings.fenced(5_000)).toEqual({ kind: 'shared', inARow: 5 });
});

test('the backoff is one second, doubled each time, with 25 % jitter', () => {
  for (let round = 0; round < 50; round++) {
    const fencings = new FencedRepeatedly();
    for (const aboutMs of [1_000, 2_000, 4_000, 8_000]) {
      const fencing = fencings.fenced(0);
      if (fencing.kind === 'shared') throw new Error('too early');
      expect(fencing.backoffMs).toBeGreaterThanOrEqual(0.75 * aboutMs);
      expect(fencing.backoffMs).toBeLessThan(1.25 * aboutMs);
    }
  }
});

test('two owners that commit in turns do not reset each other', () => {
  const fencings = new FencedRepeatedly();
  let now = 40_000;
  for (const turnMs of [2_000, 4_000, 8_000, 14_000]) {
    expect(fencings.fenced(now).kind).toBe('wait');
    fencings.committed(now + turnMs);
    now += turnMs + 1_000;
  }
  expect(fencings.fenced(now).kind).toBe('shared');
});

test('a commit a quarter of a minute after the last fencing makes the next one the first again', () => {
  const fencings = new FencedRepeatedly();
  for (let n = 0; n < 4; n++) fencings.fenced(n);
  fencings.committed(15_004);
  expect(fencings.fenced(15_100)).toMatchObject({ kind: 'wait', inARow: 1 });
});

test('fencings that are explained do not count, and all others do', () => {
  const fencings = new FencedRepeatedly();
  for (let n = 1; n <= 20; n++) {
    expect(fencings.fenced(n)).toMatchObject({ kind: 'wait', inARow: 1 });
    fencings.explained(1);
  }
  fencings.explained(1); // of one that was not noticed
  for (let n = 1; n <= 4; n++) expect(fencings.fenced(20 + n)).toMatchObject({ inARow: n });
  expect(fencings.fenced(25).kind).toBe('shared');
});

test('fencings more than a minute apart are unrelated, also when nothing is ever committed', () => {
  const fencings = new FencedRepeatedly();
  for (let n = 0; n < 10; n++) expect(fencings.fenced(n * 60_001)).toMatchObject({ inARow: 1 });
});

test('the first fencing counts as the first right after the process has started', () => {
  expect(new FencedRepeatedly().fenced()).toMatchObject({ kind: 'wait', inARow: 1 });
});
