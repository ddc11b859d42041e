import { gzipSync } from 'node:zlib';
import {
  builtInCatalogue,
  createPipeline,
  formatHints,
  sampleRequests,
  type OwnField,
} from '@penstock/events';
import type { PostAnswer } from '@penstock/service';
import { beforeAll, expect, test } from 'vitest';
import { embeddedDatabases } from '../geo/embedded-databases.ts';
import { loadGeoFile, type GeoFile } from '../geo/geo-file.ts';
import type { ValidatedEvent } from './validated-event.ts';
import { Validator } from './validator.ts';

const config = { ipPrivacy: 'truncate', topics: { clean: 'events.clean' } } as const;
const shop: OwnField = {
  ...{ name: 'x_shop', type: 'long', doc: 'Shop', since: '2026-11-28' },
  value: ({ properties }) => (typeof properties.shop === 'number' ? properties.shop : null),
};
const catalogue = { ...builtInCatalogue, routes: { purchase: 'events.purchase' } };
const validator = new Validator(createPipeline(catalogue), config);
let files: GeoFile[];
beforeAll(async () => {
  files = await Promise.all(embeddedDatabases().map(loadGeoFile));
}, 600_000);

interface Said {
  readonly events: number;
  readonly outcomes: { accepted: number; rejected: number; unwanted: number };
  readonly left_out: number;
  readonly results: ValidatedEvent[];
}

function ask(body: Buffer | string, query = '', headers = {}, of = validator): Promise<PostAnswer> {
  return of.answer({ body: Buffer.from(body), query: new URLSearchParams(query), headers });
}

async function said(...args: Parameters<typeof ask>): Promise<Said> {
  const { status, body } = await ask(...args);
  expect(status).toBe(200);
  return JSON.parse(body) as Said;
}

test('every sample gets the outcomes that it has in the filter', async () => {
  const samples = sampleRequests({ nowMs: Date.now() });
  for (const { body, hint, contentType, expected } of samples) {
    const query = formatHints.some((known) => known === hint) ? `format=${hint}` : '';
    const { events, outcomes, results } = await said(body, query, {
      'content-type': contentType ?? undefined,
    });
    const kinds = results.map(({ outcome }) => (outcome === 'accepted' ? 'clean' : outcome));
    expect(kinds).toEqual(expected.map(({ kind }) => kind));
    expect(events).toBe(expected.length);
    expect(outcomes.accepted + outcomes.rejected + outcomes.unwanted).toBe(events);
  }
});

test('an accepted event is shown as a consumer reads it, with fixes, topic and place', async () => {
  const own = new Validator(createPipeline({ ...catalogue, schemaFields: [shop] }), config);
  own.useGeo(files);
  const event = {
    ...{ event_id: '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01', event_type: 'purchase', user_id: 'undefined' },
    client: { name: 'penstock-web', version: '3.2.0' },
    properties: { shop: 42, nested: { a: 1 } },
  };
  const { results } = await said(JSON.stringify(event), 'format=4&tenant=acme&client_ip=8.8.8.8', {}, own);
  expect(results).toMatchObject([
    {
      ...{ index: 0, outcome: 'accepted', topic: 'events.purchase', fixes: ['sentinel-ids'] },
      event: {
        ...{ event_id: event.event_id, tenant: 'acme', user_id: null, x_shop: 42, time_quality: 'server' },
        ...{ geo: { country: 'US' }, net: { ip: '8.8.8.0' } },
        properties: { shop: 42, nested: '{"a":1}' },
      },
    },
  ]);
});

test('a rejected event says where, why and by which rule', async () => {
  const unwanted = {
    type: 'a',
    client: { name: 'penstock-android', version: '2.4.0', platform: 'android-plus' },
  };
  const { results } = await said(JSON.stringify({ batch: [{ typ: 'a' }, unwanted] }), 'format=3');
  expect(results).toMatchObject([
    {
      ...{ index: 0, outcome: 'rejected', stage: 'read', reason: 'unknown-field', rule: null, fixes: [] },
      sentence: 'A field is not part of the format.',
      detail: 'field "typ" is not part of the format',
    },
    { index: 1, outcome: 'unwanted', stage: 'fix', reason: 'unwanted', rule: 'repackaged-build' },
  ]);
});

test('a body that cannot be read is one rejection of the whole', async () => {
  const whole = { events: 1, outcomes: { accepted: 0, rejected: 1, unwanted: 0 }, left_out: 0 };
  expect(await said('[{', 'format=4')).toMatchObject({
    ...whole,
    results: [{ index: null, reason: 'invalid-json' }],
  });
  const broken = await said('[]', '', { 'content-encoding': 'gzip' });
  expect(broken).toMatchObject({ ...whole, results: [{ stage: 'inflate', reason: 'broken-encoding' }] });
  expect(await said('{}', 'format=100')).toMatchObject({ ...whole, results: [{ reason: 'unknown-format' }] });
});

test('a body that grows beyond 64 KiB is not judged: the filter would take it', async () => {
  const bomb = gzipSync(Buffer.alloc(10_000_000, ' '));
  const answered = await ask(bomb, 'format=4', { 'content-encoding': 'gzip' });
  expect(answered).toMatchObject({
    status: 413,
    body: expect.stringContaining('65536 bytes when it is inflated'),
  });
});

test('all events are counted, and the first five hundred are shown', async () => {
  const { events, outcomes, left_out, results } = await said(`[${'1,'.repeat(899)}1]`, 'format=4');
  expect([events, outcomes.rejected, left_out, results.length]).toEqual([900, 900, 400, 500]);
});

test('a format that is no number is refused', async () => {
  expect(await ask('{}', 'format=four')).toMatchObject({ status: 400 });
});

test('many at once are refused, and the event loop turns while the largest are judged', async () => {
  // The escape keeps them off the fast path: a body has work for many stretches, on a fast machine too.
  const event = String.raw`{"event_type":"\u0061","properties":{"n":1}}`;
  const body = `[${`${event},`.repeat(1_400)}1]`;
  const before = performance.eventLoopUtilization();
  let turns = 0;
  // Turns, and not ms: a fast machine has fewer of those.
  let asking = true;
  const turn = (): void => {
    turns += 1;
    if (asking) setImmediate(turn);
  };
  setImmediate(turn);
  const answers = await Promise.all(Array.from({ length: 12 }, () => ask(body, 'format=4')));
  asking = false;
  expect(performance.eventLoopUtilization(before).active).toBeGreaterThan(0);
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(statuses.filter((status) => status === 503)).toHaveLength(8);
  expect(turns).toBeGreaterThan(2);
  expect((await ask('{}')).status).toBe(200);
});
