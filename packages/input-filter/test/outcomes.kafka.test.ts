import { decodeEvent, rejectedHeaders, sampleRequests } from '@penstock/events';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { embeddedDatabases } from '../src/geo/embedded-databases.ts';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

test('n events of all formats have n outcomes, with places; a stop leaves nothing open', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  const nowMs = Date.now();
  const samples = sampleRequests({ nowMs });
  const raw = samples.map((sample) => rawRecord({ ...sample, receivedAtMs: nowMs, clientIp: '8.8.8.8' }));
  await write(cluster, topics.raw, raw, 0);
  await write(cluster, topics.raw, raw, 1);

  const filter = await FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_THREADS: '2',
    PENSTOCK_FILTER_GEOIP_DATABASES: embeddedDatabases().join(','),
  });
  await filter.untilCommitted(BigInt(raw.length * 2));
  const events = samples.reduce((sum, { expected }) => sum + expected.length, 0) * 2;
  await filter.until(
    async () => (await filter.metric('events_total')) === events,
    'the metrics tell all events',
  );
  const outcome = (name: string) => filter.metric(`outcomes_total{outcome="${name}"}`);
  const [clean, rejected, unwanted, duplicate] = await Promise.all(
    ['clean', 'rejected', 'unwanted', 'duplicate'].map(outcome),
  );
  expect(clean! + rejected! + unwanted! + duplicate!).toBe(events);
  expect(await filter.get('/readyz')).toMatchObject({ status: 200 });
  expect(await filter.stop()).toBe(0);

  for (const partition of [0, 1]) {
    const records = await read(cluster, topics.clean, partition);
    expect(records).toHaveLength(clean! / 2);
    const expected = samples.flatMap((sample) => sample.expected).filter((one) => one.kind === 'clean');
    const events = records.map((record) => decodeEvent(record.value!));
    // a sample that repeats an id is a duplicate of the one before
    const types = expected.map(({ type }) => type);
    for (const event of events) expect(types).toContain(event.event_type);
    expect(events.every((event) => event.geo?.city === 'Mountain View')).toBe(true);
    expect(new Set(events.map(({ net }) => net.ip))).toEqual(new Set(['8.8.8.0']));
    expect(events.map(({ origin }) => origin.partition)).toEqual(records.map(() => partition));
    const reasons = (await read(cluster, topics.rejected, partition)).map(
      (record) =>
        record
          .headers()
          .find(([name]) => name === rejectedHeaders.reason)?.[1]
          ?.toString() ?? '',
    );
    expect(reasons).toHaveLength((rejected! + unwanted!) / 2);
  }
  const { stdout } = await kafka.tool('kafka-transactions', [
    'find-hanging',
    '--topic',
    topics.clean,
    '--partition',
    '0',
    '--max-transaction-timeout',
    '0',
  ]);
  expect(stdout.toString()).not.toContain(topics.clean);
});
