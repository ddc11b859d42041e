import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MarkersWait } from './markers-wait.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait for markers is logged after 3 s and then every 30 s, and ends with the next success', () => {
  const logged: unknown[] = [];
  const note = (fields: object) => void logged.push(fields);
  const log = { debug: note, info: note, warn: note, error: note };
  const wait = new MarkersWait(log, 'id');
  for (let second = 0; second <= 40; second++) {
    wait.note(second % 2 === 0 ? 'CONCURRENT_TRANSACTIONS' : 'NOT_COORDINATOR');
    vi.advanceTimersByTime(1_000);
  }
  expect(logged).toEqual([
    { transactionalId: 'id', waitMs: 4_000 },
    { transactionalId: 'id', waitMs: 34_000 },
  ]);
  expect(wait.ms).toBe(41_000);
  wait.note('NONE');
  expect(wait.ms).toBe(0);
});

test('a wall clock that is set back while it waits changes nothing', () => {
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const wait = new MarkersWait(log, 'id');
  wait.note('CONCURRENT_TRANSACTIONS');
  vi.advanceTimersByTime(5_000);
  vi.setSystemTime(Date.now() - 100_000);
  expect(wait.ms).toBe(5_000);
});
