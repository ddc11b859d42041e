import {
  builtInCatalogue,
  createPipeline,
  sampleBody,
  sampleEvent,
  sampleRequests,
  seededRandom,
} from '@penstock/events';
import { encodeBatch, readRecords, type OutgoingRecord } from '@penstock/kafka';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
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

test("a file is filtered without a knob of Kafka, by the filter's own knobs; records need brokers", () => {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-dry-run-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'body.ndjson');
  writeFileSync(file, '{"no":"event"}\n'.repeat(3));

  const filtered = command(['--file', file, '--format', '4']);
  expect(filtered.stderr).toBe('');
  expect(JSON.parse(filtered.stdout)).toMatchObject({ requests: 1, events: 3, outcomes: { rejected: 3 } });
  expect(filtered.status).toBe(0);

  const own = command(['--file', file], { PENSTOCK_FILTER_CATALOGUE: join(folder, 'none.ts') });
  expect(own.status).not.toBe(0);
  expect(own.stderr).toContain('none.ts');
  const misspelt = command(['--file', file], { PENSTOCK_FILTER_CATALOG: 'x' });
  expect(misspelt).toMatchObject({ status: 2, stderr: expect.stringContaining('did you mean') });

  const records = command(['--partition', '0', '--from', '0']);
  expect(records).toMatchObject({ status: 2, stderr: expect.stringContaining('PENSTOCK_KAFKA_BOOTSTRAP') });
});

function command(args: readonly string[], env: Record<string, string> = {}) {
  const main = fileURLToPath(new URL('../../bin/input-filter.mjs', import.meta.url));
  return spawnSync(process.execPath, [main, 'dry-run', ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    encoding: 'utf8',
  });
}
