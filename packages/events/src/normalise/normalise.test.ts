import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { createPipeline, type Outcome } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';

const pipeline = createPipeline(builtInCatalogue);

function outcomeOf(json: string): Outcome {
  const split = pipeline.split(Buffer.from(json), '4', 'application/json');
  if (split.kind === 'rejected') throw new Error(split.detail);
  return pipeline.process(split.items[0]!, requestContext);
}

const normalised: [title: string, json: string, event: object][] = [
  [
    'text is trimmed, and empty text is none',
    '{"event_type":" a ","user_id":"  ","device_id":" d"}',
    { event_type: 'a', user_id: null, device_id: 'd' },
  ],
  [
    'NUL is dropped',
    '{"event_type":"a","properties":{"x\\u0000":"a\\u0000b"}}',
    { properties: { x: 'ab' }, fixes: ['normalise-text'] },
  ],
  [
    'half a surrogate pair becomes U+FFFD',
    '{"event_type":"a","properties":{"x":["\\ud83d"]}}',
    { properties: { x: '["\uFFFD"]' }, fixes: ['normalise-text'] },
  ],
  [
    'a whole pair stays',
    '{"event_type":"a","properties":{"x":"\\ud83d\\ude00"}}',
    { properties: { x: '😀' }, fixes: [] },
  ],
  [
    'a location off the globe is none',
    '{"event_type":"a","location":{"lat":91,"lon":0}}',
    { location: null, fixes: ['normalise-location'] },
  ],
  [
    'the edge of the globe is one',
    '{"event_type":"a","location":{"lat":-90,"lon":180}}',
    { location: { lat: -90, lon: 180, source: null }, fixes: [] },
  ],
  [
    'a screen of no size is none',
    '{"event_type":"a","screen":{"width":0,"height":1}}',
    { screen: null, fixes: ['normalise-screen'] },
  ],
  [
    'a screen of half pixels is none',
    '{"event_type":"a","screen":{"width":1.5,"height":1}}',
    { screen: null, fixes: ['normalise-screen'] },
  ],
  [
    'nested properties become their JSON text',
    '{"event_type":"a","properties":{"x":{"y":[1]},"z":null}}',
    { properties: { x: '{"y":[1]}', z: null } },
  ],
  [
    'null is as good as missing',
    '{"event_type":"a","client":null,"screen":null,"properties":null,"event_id":null}',
    { screen: null, properties: {}, client: { name: null } },
  ],
  [
    'the time is kept as it came',
    '{"event_type":"a","occurred_at":1795435198000}',
    { occurred_at_raw: '1795435198000' },
  ],
  [
    'an unreadable time is kept, and the server has another',
    '{"event_type":"a","occurred_at":"gestern"}',
    { occurred_at_raw: 'gestern', time_quality: 'server' },
  ],
  [
    'ip and geo are left to the Input Filter',
    '{"event_type":"a"}',
    { net: { ip: null, user_agent: 'test/1' }, geo: null },
  ],
  [
    'the way back to the raw record',
    '{"event_type":"a"}',
    { origin: { topic: 'events.raw', partition: 3, offset: 42, index: 0 } },
  ],
];

normalised.push(
  [
    'keys that become equal stay apart, and one that needs no cleaning keeps its name',
    '{"event_type":"a","properties":{"k\\u0000":1,"k":2,"k\\u0000\\u0000":3,"\\u0000k\uFFFD1":4}}',
    {
      properties: { 'k\uFFFD1': 1, k: 2, 'k\uFFFD2': 3, 'k\uFFFD1\uFFFD1': 4 },
      fixes: ['normalise-text'],
    },
  ],
  [
    'half surrogates in keys do not swallow each other',
    '{"event_type":"a","properties":{"\\ud800":1,"\\udbff":2,"\\udc00":3}}',
    { properties: { '\uFFFD': 1, '\uFFFD\uFFFD1': 2, '\uFFFD\uFFFD2': 3 } },
  ],
  [
    'a key that becomes __proto__ when cleaned is kept',
    '{"event_type":"a","properties":{"__proto__\\u0000":"x"}}',
    { properties: { '__proto__\uFFFD1': 'x' }, fixes: ['normalise-text'] },
  ],
  [
    'names that every object inherits are names like others',
    '{"event_type":"a","properties":{"constructor":1,"toString":"x","hasOwnProperty":null,"prototype":true}}',
    { properties: { constructor: 1, toString: 'x', hasOwnProperty: null, prototype: true }, fixes: [] },
  ],
  [
    '-0 stays -0',
    '{"event_type":"a","properties":{"x":-0,"y":[-0.0,1]}}',
    { properties: { x: -0, y: '[-0,1]' } },
  ],
  [
    'an absurd send time does not move a good time',
    '{"event_type":"a","occurred_at":"2026-11-23T11:00:00Z","sent_at":1795435200000000}',
    { occurred_at: requestContext.receivedAtMs - 3_600_000, time_quality: 'trusted', sent_at: null },
  ],
  [
    'a send time that no long can hold with its sign is none',
    '{"event_type":"a","sent_at":-8640000000000000}',
    { sent_at: null },
  ],
);

test.each(normalised)('%s', (_title, json, event) => {
  expect(outcomeOf(json)).toMatchObject({ kind: 'clean', event });
});

test.each([
  ['an empty type', '{"event_type":" "}', 'invalid-event', 'validate'],
  ['a type of 129', `{"event_type":"${'x'.repeat(129)}"}`, 'invalid-event', 'validate'],
  [
    'the nil UUID, which would make all events one',
    '{"event_type":"a","event_id":"00000000-0000-0000-0000-000000000000"}',
    'invalid-event',
    'validate',
  ],
  ['an id that is no UUID', '{"event_type":"a","event_id":"7"}', 'invalid-field', 'read'],
  ['no type', '{"event_id":null}', 'missing-field', 'read'],
  ['a field too many', '{"event_type":"a","evnt":1}', 'unknown-field', 'read'],
  ['a number where text belongs', '{"event_type":"a","user_id":7}', 'invalid-field', 'read'],
  ['half a location', '{"event_type":"a","location":{"lat":1}}', 'missing-field', 'read'],
])('%s is rejected', (_title, json, reason, stage) => {
  expect(outcomeOf(json)).toMatchObject({ kind: 'rejected', reason, stage, index: 0 });
});

test('a detail names the path of the field', () => {
  expect(outcomeOf('{"event_type":"a","location":{"lat":1}}')).toMatchObject({
    detail: 'field location.lon is missing',
  });
  expect(outcomeOf('{"event_type":"a","client":{"nmae":1}}')).toMatchObject({
    detail: 'field client."nmae" is not part of the format',
  });
  expect(outcomeOf('{"event_type":"a","client":{"name":1}}')).toMatchObject({
    detail: 'field client.name is not a string of at most 256',
  });
});

test('details name fields and never what clients wrote into them', () => {
  const outcome = outcomeOf('{"event_type":"a","user_id":["canary"],"properties":{"x":"canary"}}');
  expect(outcome.kind).toBe('rejected');
  expect(JSON.stringify(outcome)).not.toContain('canary');
});

test.each([
  ['in JSON', '1', 'application/json', '{"e":"a","p___proto__":"x"}'],
  ['in a query', '1', 'application/x-www-form-urlencoded', 'e=a&p___proto__=x'],
  ['by percent signs', '1', 'application/x-www-form-urlencoded', 'e=a&p_%5f_proto__=x'],
  ['by escapes', '2', 'application/json', '{"event":"a","properties":{"\\u005f_proto__":"x"}}'],
  ['deep inside', '4', 'application/json', '{"event_type":"a","properties":{"x":[{"__proto__":{}}]}}'],
] as const)('a property named __proto__ %s is rejected', (_title, hint, type, body) => {
  const split = pipeline.split(Buffer.from(body), hint, type);
  const item =
    split.kind === 'events' ? split.items[0]! : { ...split, index: 0, span: { kind: 'whole' } as const };
  expect(pipeline.process(item, requestContext)).toMatchObject({ kind: 'rejected', reason: 'invalid-field' });
});

test.each([
  ['1', 'application/x-www-form-urlencoded', 'e=a&eid=&dtm=&res=&lat=&lon=&uid=&cn=&z=&p_x='],
  ['1', 'application/json', '{"e":"a","eid":"","dtm":"","res":"","lat":"","lon":"","uid":"","p_x":""}'],
  [
    '2',
    'application/json',
    '{"event":"a","id":"","timestamp":"","properties":{"x":""},' +
      '"context":{"app":"","device":{"id":"","screen":""},"location":"","user":{"id":""}}}',
  ],
  ['2', 'application/json', '{"event":"a","context":"","properties":{"x":""}}'],
] as const)('in format %s (%s) an empty text is no value, except as a property', (hint, type, body) => {
  const split = pipeline.split(Buffer.from(body), hint, type);
  if (split.kind === 'rejected') throw new Error(split.detail);
  expect(pipeline.process(split.items[0]!, requestContext)).toMatchObject({
    kind: 'clean',
    event: {
      ...{ screen: null, location: null, user_id: null, device_id: null, occurred_at_raw: null },
      ...{ time_quality: 'server', fixes: [], properties: { x: '' } },
    },
  });
});

test.each([
  ['1', 'e=&did=7', 'missing-field'],
  ['1', 'e=a&lat=1&lon=', 'missing-field'],
  ['1', 'e=a&lat=&lon=x', 'missing-field'],
] as const)('format %s: %s still lacks something', (hint, body, reason) => {
  const split = pipeline.split(Buffer.from(body), hint, 'application/x-www-form-urlencoded');
  if (split.kind === 'rejected') throw new Error(split.detail);
  expect(pipeline.process(split.items[0]!, requestContext)).toMatchObject({ reason });
});

test('the sent time of the request stands in when the event has none', () => {
  const item = { kind: 'event', index: 0, format: 2, oddText: false, span: { kind: 'whole' } } as const;
  const event = { event: 'a', timestamp: '2026-11-22T11:00:00Z' };
  const sentAtMs = Date.UTC(2026, 10, 22, 12);
  expect(pipeline.process({ ...item, event }, { ...requestContext, sentAtMs })).toMatchObject({
    event: {
      time_quality: 'corrected',
      occurred_at: requestContext.receivedAtMs - 3_600_000,
      sent_at: sentAtMs,
    },
  });
});
