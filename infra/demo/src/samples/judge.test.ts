import { sampleRequests, type Event } from '@penstock/events';
import { expect, test } from 'vitest';
import type { ArrivedEvent, ArrivedRejection } from './arrived-record.ts';
import { judge, type Arrived } from './judge.ts';
import type { PostedSample } from './post-samples.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

test('all expected events once, and nothing else, is as it must be', () => {
  const posted = postAll();
  expect(judge(posted, becomes(posted))).toEqual({ missing: [], wrong: [] });
});

test('before anything has arrived, every expected event and rejection is named as missing', () => {
  const posted = postAll();
  const { missing, wrong } = judge(posted, { arrived: [], rejected: [] });
  expect(missing).toHaveLength(posted.flatMap(({ sample }) => sample.expected).length);
  expect(missing).toContain(`request ${numberOfNoId(posted)}, event of type no_id is not in the master`);
  expect(wrong).toEqual([]);
});

test('an event that is there twice, or that nobody expected, is wrong and not missing', () => {
  const posted = postAll();
  const found = becomes(posted);
  const [first] = found.arrived as [ArrivedEvent];
  const stranger = { ...first, eventId: '11111111-1111-4111-8111-111111111111' };
  const { missing, wrong } = judge(posted, { ...found, arrived: [...found.arrived, { ...first }, stranger] });
  expect(missing).toEqual([]);
  expect(wrong).toEqual([
    expect.stringContaining('is in the master 2 times'),
    'nobody expected the event 11111111-1111-4111-8111-111111111111 in the master',
  ]);
});

test('an event that arrives with its bug is wrong', () => {
  const posted = postAll();
  const { arrived, rejected } = becomes(posted);
  const unrepaired = arrived.map((one) => ({ ...one, event: { ...one.event, fixes: [] } }));
  expect(judge(posted, { arrived: unrepaired, rejected }).wrong).toContainEqual(
    expect.stringContaining('was not repaired by epoch-seconds'),
  );
});

test('a request that was posted twice must leave nothing more, and a refused one is wrong', () => {
  const posted = postAll();
  const found = becomes(posted);
  const copy = { ...posted[2]!, number: 99, copyOf: 3, requestId: 'the copy' };
  expect(judge([...posted, copy], found)).toEqual({ missing: [], wrong: [] });
  expect(judge([...posted, { ...copy, status: 503 }], found).wrong).toEqual(['request 99 was answered 503']);
});

function postAll(): PostedSample[] {
  return sampleRequests({ nowMs }).map((sample, index) => ({
    ...{ number: index + 1, sample, copyOf: undefined, address: '192.0.2.1', status: 200 },
    ...{ requestId: `request ${index + 1}`, answeredMs: 1 },
  }));
}

function numberOfNoId(posted: readonly PostedSample[]): string {
  const found = posted.find(({ sample }) =>
    sample.expected.some((outcome) => outcome.kind === 'clean' && outcome.eventId === null),
  );
  return String(found?.number);
}

/** What a faithful pipeline makes of them. */
function becomes(posted: readonly PostedSample[]): Arrived {
  const arrived: ArrivedEvent[] = [];
  const rejected: ArrivedRejection[] = [];
  for (const { sample, requestId } of posted) {
    for (const [index, outcome] of sample.expected.entries()) {
      const place = { partition: 0, offset: String(index), seenAtMs: nowMs };
      if (outcome.kind === 'clean') {
        const { type: event_type, fixes } = outcome;
        const event = {
          event_type,
          fixes: [...fixes],
          origin: { request_id: requestId },
        } as unknown as Event;
        arrived.push({ ...place, event, eventId: outcome.eventId ?? `derived of ${requestId}` });
      } else {
        const { reason, rule = '' } = outcome;
        const texts = {
          reason,
          rule,
          requestId: requestId ?? '',
          stage: '',
          detail: '',
          index: String(index),
        };
        rejected.push({ ...place, ...texts });
      }
    }
  }
  return { arrived, rejected };
}
