import { createEventDecoder, decodeEvent, sampleRequests } from '@penstock/events';
import { sharedKafka } from '@penstock/test-broker';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedDatabases } from '../src/geo/embedded-databases.ts';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { sequence } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

test('a catalogue from outside the repository decides; a broken GeoIP file stops nothing', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const routed = `${topics.clean}.special`;
  await kafka.createTopic(routed);
  const cluster = await clientOf(kafka);
  const folder = await mkdtemp(join(tmpdir(), 'penstock-catalogue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const records = sequence(0, 10);
  await write(cluster, topics.raw, records);
  const catalogue = join(folder, 'catalogue.ts');
  await writeFile(
    catalogue,
    `export default (events: any) => ({ ...events.builtInCatalogue,
       formats: [...events.builtInCatalogue.formats, {
         number: 100, envelope: null, check: events.strictReader({ no: events.required(events.shortText) }),
         clientOf: () => ({ name: 'till', version: null }), typeOf: () => 'receipt', timeOf: () => null }],
       upgrades: [...events.builtInCatalogue.upgrades,
         { from: 100, to: 4, up: ({ no }: any) => ({ event_type: 'receipt', properties: { no } }) }],
       schemaFields: [{ name: 'x_no', type: 'string', doc: 'Number', since: '2026-11-28',
         value: ({ properties }: any) => properties.no ?? null }],
       routes: Object.fromEntries(['receipt', 'page_view', 'screen_view', 'purchase', 'click', 'search',
         'app_open', 'session_start'].map((type) => [type, '${routed}'])) });\n`,
  );
  const receipts = '{"no":"A-1"}\n{"no":"A-2"}\n{"nr":"A-3"}';
  await write(cluster, topics.raw, [
    rawRecord({ body: Buffer.from(receipts), hint: '100', receivedAtMs: Date.now() }),
  ]);
  await writeFile(join(folder, 'broken.mmdb'), 'not a database');
  const filter = await FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_CATALOGUE: catalogue,
    PENSTOCK_FILTER_VALIDATE: 'true',
    PENSTOCK_FILTER_GEOIP_DATABASES: join(folder, 'broken.mmdb'),
  });
  await filter.untilCommitted(11n);
  const here = await read(cluster, routed);
  const there = await read(cluster, topics.clean);
  expect(here.length + there.length).toBe(12);
  const decode = createEventDecoder([{ name: 'x_no', type: 'string', doc: 'Number', since: '2026-11-28' }]);
  const events = here.map((record) => decode(record.value!));
  for (const { event } of events) expect(event.geo).toBeNull();
  expect(events.flatMap(({ own }) => (own['x_no'] === null ? [] : [own['x_no']]))).toEqual(['A-1', 'A-2']);
  const rejected = await read(cluster, topics.rejected);
  expect(rejected.map(({ value }) => value!.toString())).toEqual(['{"nr":"A-3"}']);

  const asked = await fetch(`${filter.operations}/validate?format=100`, { method: 'POST', body: receipts });
  expect(await asked.json()).toMatchObject({
    ...{ events: 3, outcomes: { accepted: 2, rejected: 1, unwanted: 0 } },
    results: [
      { topic: routed, event: { x_no: 'A-1' } },
      { event: { x_no: 'A-2' } },
      { reason: 'unknown-field' },
    ],
  });
  expect(await filter.metric('events_total')).toBe(13); // validating counts nothing

  expect(await filter.metric('geoip_missing')).toBe(1);
  expect(filter.output).toContain('GeoIP database cannot be used');
});

test('a GeoIP database that comes later is used by every thread, without a restart', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const folder = await mkdtemp(join(tmpdir(), 'penstock-geoip-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'city.mmdb');
  const filter = await FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_GEOIP_DATABASES: path,
    PENSTOCK_FILTER_GEOIP_CHECK_INTERVAL_MS: '100',
  });
  const send = async (n: number) => {
    const [sample] = sampleRequests({ nowMs: Date.now(), seed: n });
    await write(cluster, topics.raw, [rawRecord({ ...sample!, clientIp: '8.8.8.8' })]);
    await filter.untilCommitted(BigInt(n));
    return decodeEvent((await read(cluster, topics.clean)).at(-1)!.value!).geo;
  };
  expect(await send(1)).toBeNull();
  await copyFile(embeddedDatabases()[0]!, path);
  await filter.until(async () => (await filter.metric('geoip_missing')) === 0, 'the database is loaded');
  expect(await send(2)).toMatchObject({ city: 'Mountain View', database: expect.stringMatching(/^city 20/) });
});

test('a catalogue that cannot be loaded is a configuration error: exit code 2', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const env = { PENSTOCK_FILTER_CATALOGUE: '/nowhere/catalogue.ts' };
  await expect(FilterProcess.start(kafka, topics, env)).rejects.toThrow(/nowhere.*configuration refused/s);
});
