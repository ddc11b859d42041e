import type { Event } from '@penstock/events';
import { expect, test } from 'vitest';
import type { ArrivedEvent } from './arrived-record.ts';
import { measureLatencies } from './latency.ts';

test('each hop is measured from the one before, and the whole way from the Receiver', () => {
  const clean = [at('a', 1_000, 1_300), at('b', 1_000, 1_500), at('c', 2_000, 2_100)];
  const arrived = [at('a', 1_000, 1_600), at('b', 1_000, 1_550), at('c', 2_000, 2_700)];
  expect(measureLatencies([4, 9, 5], clean, arrived)).toEqual({
    answered: { count: 3, medianMs: 5, maxMs: 9 },
    filtered: { count: 3, medianMs: 300, maxMs: 500 },
    mirrored: { count: 3, medianMs: 300, maxMs: 600 },
    whole: { count: 3, medianMs: 600, maxMs: 700 },
  });
});

test('nothing arrived: nothing is made up', () => {
  expect(measureLatencies([], [], []).whole).toEqual({ count: 0, medianMs: 0, maxMs: 0 });
});

function at(eventId: string, receivedAtMs: number, seenAtMs: number): ArrivedEvent {
  const event = { received_at: receivedAtMs } as Event;
  return { eventId, event, partition: 0, offset: '0', seenAtMs };
}
