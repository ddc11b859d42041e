import {
  builtInCatalogue,
  createPipeline,
  sampleBody,
  sampleEvent,
  sampleRequests,
  seededRandom,
} from '@penstock/events';
import { encodeBatch, readRecords, type OutgoingRecord } from '@penstock/kafka';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { rawRecord } from '../../test/raw-records.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { DryRun } from './dry-run.ts';

const nowMs = Date.UTC(2026, 10, 23, 12);

async function reportOf(records: readonly OutgoingRecord[], detailsMax = 100) {
  const run = new DryRun(
    {
      pipeline: createPipeline(builtInCatalogue),
      geo: new GeoLookup([], { add: () => undefined }),
      ipPrivacy: 'truncate',
      bodyBytesMax: 16 * 1024 * 1024,
    },
    detailsMax,
  );
  const { bytes } = encodeBatch(records);
  for (const record of readRecords({ bytes, firstOffset: 0n })) await run.add(record, 'raw', 0);
  return run.report;
}

test('every event is counted by its outcome, reason and fixes', async () => {
  const samples = sampleRequests({ nowMs });
  const report = await reportOf(samples.map((sample) => rawRecord({ ...sample, receivedAtMs: nowMs })));
  const expected = samples.flatMap((sample) => sample.expected);
  const { clean, rejected, unwanted } = report.outcomes;
  expect(report.requests).toBe(samples.length);
  expect(report.events).toBe(expected.length);
  expect(clean + rejected + unwanted).toBe(report.events);
  const counted = Object.values(report.reasons).reduce((sum, count) => sum + count, 0);
  expect(counted).toBe(rejected + unwanted);
  expect(Object.keys(report.fixes).length).toBeGreaterThan(0);
});

test('an event that a fix repaired shows the fields without the fix and with it', async () => {
  const samples = sampleRequests({ nowMs });
  const report = await reportOf(samples.map((sample) => rawRecord({ ...sample, receivedAtMs: nowMs })));
  const { fixIds } = createPipeline(builtInCatalogue);
  const repaired = report.details.filter(
    ({ changed, fixes }) => changed && fixes.some((fix) => fixIds.includes(fix)),
  );
  expect(repaired.length).toBeGreaterThan(0);
  for (const { changed } of repaired) {
    for (const [without, fixed] of Object.values(changed!)) expect(without).not.toEqual(fixed);
  }
});

test('healthy events have no details, and a large compressed body is read too', async () => {
  const random = seededRandom(1);
  const events = Array.from({ length: 500 }, () =>
    sampleEvent(3, { eventId: crypto.randomUUID(), random, occurredAtMs: nowMs, variant: 'healthy' }),
  );
  const whole = sampleBody(3, events, nowMs);
  const body = gzipSync(whole.body);
  const report = await reportOf([
    rawRecord({ ...whole, body, contentEncoding: 'gzip', receivedAtMs: nowMs }),
  ]);
  expect(report).toMatchObject({ requests: 1, events: 500, outcomes: { clean: 500 }, details: [] });
});

test('the details are bounded, the counts are not', async () => {
  const bad = rawRecord({ body: Buffer.from('[1,2,3,4,5]'), hint: '2', receivedAtMs: nowMs });
  const report = await reportOf([bad, bad, bad], 7);
  expect(report.events).toBe(15);
  expect(report.details).toHaveLength(7);
});
