import { expect, test } from 'vitest';
import { arrivalOf, eventsOf, parseRate } from './arrivals.ts';

test('one rate has no end, and its events are due by the clock', () => {
  const steps = parseRate('2000');
  expect(eventsOf(steps)).toBeUndefined();
  expect(arrivalOf(steps, 0)).toEqual({ dueMs: 0, step: 0 });
  expect(arrivalOf(steps, 3_000)).toEqual({ dueMs: 1_500, step: 0 });
});

test('each step begins when the one before is over', () => {
  const steps = parseRate('100x10,1000x2,50x4');
  expect(eventsOf(steps)).toBe(1_000 + 2_000 + 200);
  expect(arrivalOf(steps, 999)).toEqual({ dueMs: 9_990, step: 0 });
  expect(arrivalOf(steps, 1_000)).toEqual({ dueMs: 10_000, step: 1 });
  expect(arrivalOf(steps, 2_500)).toEqual({ dueMs: 11_500, step: 1 });
  expect(arrivalOf(steps, 3_000)).toEqual({ dueMs: 12_000, step: 2 });
  expect(arrivalOf(steps, 3_400)).toEqual({ dueMs: 20_000, step: 2 });
});

test('the last step may go on to the end', () => {
  const steps = parseRate('10x3,20');
  expect(eventsOf(steps)).toBeUndefined();
  expect(arrivalOf(steps, 50)).toEqual({ dueMs: 4_000, step: 1 });
});

test.each(['', '0', 'fast', '-5', '10x', '10x0', '10,20x5', '1e3', '10x5,'])('%j is no rate', (text) => {
  expect(() => parseRate(text)).toThrow(/rate/);
});
