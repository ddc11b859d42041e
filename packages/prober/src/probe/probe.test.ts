import { builtInCatalogue, createPipeline, decodeEvent, encodeEvent, parseUuid } from '@penstock/events';
import type { Event, Outcome, RequestContext } from '@penstock/events';
import { expect, test } from 'vitest';
import { differences } from './compare-event.ts';
import { decodeProbeId, encodeProbeId } from './probe-id.ts';
import { probeOf, routes, type Probe, type Route } from './probe.ts';

const run = 0xfedcba98;

test('an id says which probe it is', () => {
  const id = { run, stream: 65_535, sequence: 2 ** 48 - 1 };
  expect(decodeProbeId(encodeProbeId(id), run)).toEqual(id);
});

test.each([
  ['of another run', encodeProbeId({ run: 1, stream: 0, sequence: 0 })],
  ['of anybody', parseUuid('8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d21')!],
  ['that is too short', Buffer.alloc(4)],
])('an id %s is no probe', (_, id) => {
  expect(decodeProbeId(id, run)).toBeUndefined();
});

test('an id makes the same probe every time', () => {
  for (const route of routes) {
    const one = probeOf({ run, stream: 3, sequence: 12 }, route);
    expect(probeOf({ run, stream: 3, sequence: 12 }, route).expected).toEqual(one.expected);
    expect(probeOf({ run, stream: 3, sequence: 13 }, route).expected).not.toEqual(one.expected);
  }
});

test.each(routes)('what the rules make of a probe by %s is what it expects', (route) => {
  for (const probe of probesOf(route)) {
    const outcomes = outcomesOf(probe);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      probe.expectation === 'filtered' ? 'unwanted' : 'clean',
    ]);
    for (const event of cleanOf(outcomes)) expect(differences(event, probe.expected)).toEqual([]);
  }
});

test.each(routes)('a probe by %s that arrives changed is told by the field', (route) => {
  const [probe] = probesOf(route);
  const [event] = cleanOf(outcomesOf(probe!));
  const told = (change: Partial<Event>): string[] => differences({ ...event!, ...change }, probe!.expected);
  expect(told({ device_id: 'other' })).toEqual(['device_id']);
  expect(told({ event_type: 'other' })).toEqual(['event_type']);
  expect(told({ fixes: ['broken-screen'] })).toEqual(['fixes']);
  expect(told({ properties: { ...event!.properties, page: 'other' } })).toEqual(['properties.page']);
  expect(told({ properties: { ...event!.properties, more: 1 } })).toEqual(['properties.more']);
});

function probesOf(route: Route): Probe[] {
  return Array.from({ length: 40 }, (_, sequence) => probeOf({ run, stream: 0, sequence }, route));
}

function cleanOf(outcomes: readonly Outcome[]): Event[] {
  return outcomes.flatMap((outcome) =>
    outcome.kind === 'clean' ? [decodeEvent(encodeEvent(outcome.event))] : [],
  );
}

const pipeline = createPipeline(builtInCatalogue);

/** By the built-in rules, which the prober itself does not use. */
function outcomesOf({ path, contentType, body }: Probe): Outcome[] {
  const stored = body ?? Buffer.from(path.slice(path.indexOf('?') + 1)); // of a pixel, its query
  const type = contentType ?? 'application/x-www-form-urlencoded';
  const hint = path.startsWith('/v1')
    ? '1'
    : path.startsWith('/v2')
      ? '2'
      : path.startsWith('/v3')
        ? '3'
        : '4';
  const split = pipeline.split(stored, hint, type);
  if (!('items' in split)) throw new Error(`the request was refused: ${split.reason}`);
  return [...split.items].map((item) => pipeline.process(item, context));
}

const context: RequestContext = {
  ...{ tenant: 'default', receivedAtMs: Date.UTC(2026, 0, 1), sentAtMs: null, userAgent: null },
  ...{
    dc: 'fra',
    receiver: 'receiver-0',
    requestId: 'request-1',
    topic: 'events.raw',
    partition: 0,
    offset: 0,
  },
};
