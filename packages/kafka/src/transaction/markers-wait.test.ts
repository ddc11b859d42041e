import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MarkersWait } from './markers-wait.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a wait for markers is told after 3 s and then now and then, and is over with the next success', () => {
  const told: unknown[] = [];
  const note = (fields: object) => void told.push(fields);
  const log = { debug: note, info: note, warn: note, error: note };
  const wait = new MarkersWait(log, 'id');
  for (let second = 0; second <= 40; second++) {
    wait.note(second % 2 === 0 ? 'CONCURRENT_TRANSACTIONS' : 'NOT_COORDINATOR');
    vi.advanceTimersByTime(1_000);
  }
  expect(told).toEqual([
    { transactionalId: 'id', waitMs: 4_000 },
    { transactionalId: 'id', waitMs: 34_000 },
  ]);
  expect(wait.ms).toBe(41_000);
  wait.note('NONE');
  expect(wait.ms).toBe(0);
});
