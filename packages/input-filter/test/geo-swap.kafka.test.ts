import { decodeEvent, sampleBody, sampleEvent, seededRandom } from '@penstock/events';
import type { Cluster, OutgoingRecord } from '@penstock/kafka';
import { sharedKafka } from '@penstock/test-broker';
import { copyFile, mkdtemp, open, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { embeddedDatabases } from '../src/geo/embedded-databases.ts';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

const partitions = [0, 1];

// A file that cannot be used leaves the one before in use, which is in memory whatever becomes of its file.
test('GeoIP files are swapped, damaged, cut off and deleted under two threads: no event stops', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: partitions.length });
  const cluster = await clientOf(kafka);
  const folder = await mkdtemp(join(tmpdir(), 'penstock-geoip-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'city.mmdb');
  const [good = '', knowsNoIpv4 = ''] = embeddedDatabases();
  await copyFile(knowsNoIpv4, path);
  const networks = join(folder, 'asn.csv');
  await writeFile(networks, networkLines('first'));
  const filter = await FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_THREADS: String(partitions.length),
    PENSTOCK_FILTER_GEOIP_DATABASES: `${path},${networks}`,
    PENSTOCK_FILTER_GEOIP_CHECK_INTERVAL_MS: '100',
  });
  let sent = 0;
  /** Events flow to all threads, before and until the filter has noticed the change. */
  const flowUntil = async (noticed: () => Promise<boolean>): Promise<void> => {
    for (let settled = false; !settled;) {
      settled = await noticed();
      const records = range(sent, sent + 20).map(placedRecord);
      for (const partition of partitions) await write(cluster, topics.raw, records, partition);
      sent += records.length;
    }
    await filter.untilCommitted(BigInt(sent * partitions.length));
  };
  const failed = (times: number) => async () => (await filter.metric('geoip_failures_total')) >= times;
  /** The newest event of each thread was placed there. */
  const placed = (city: string | undefined) => newest('city', city);
  const newest = (field: 'city' | 'as_org', value: string | undefined) => async () => {
    const found = await Promise.all(
      partitions.map((partition) => valuesIn(field, cluster, topics.clean, partition)),
    );
    return found.every((each) => each.length > 0 && each.at(-1) === value);
  };

  await flowUntil(placed(undefined));
  await replace(path, async (file) => copyFile(good, file));
  await flowUntil(placed('Mountain View'));
  await replace(path, async (file) => {
    await copyFile(good, file);
    await damage(file);
  });
  await flowUntil(failed(1));
  await truncate(path, 1_000_000);
  await flowUntil(failed(2));
  await rm(path);
  await flowUntil(failed(3));
  await flowUntil(placed('Mountain View'));
  await replace(path, async (file) => copyFile(knowsNoIpv4, file));
  await flowUntil(placed(undefined));

  await replace(networks, (file) => writeFile(file, networkLines('second')));
  await flowUntil(newest('as_org', 'second'));
  await truncate(networks, 1_000);
  await flowUntil(failed(4));
  await replace(networks, (file) => writeFile(file, networkLines('no address')));
  await flowUntil(failed(5));
  await rm(networks);
  await flowUntil(failed(6));

  for (const partition of partitions) {
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, sent));
    const changes = async (field: 'city' | 'as_org') => {
      const values = await valuesIn(field, cluster, topics.clean, partition);
      return values.filter((value, index) => index === 0 || value !== values[index - 1]);
    };
    expect(await changes('city')).toEqual([undefined, 'Mountain View', undefined]);
    expect(await changes('as_org')).toEqual(['first', 'second']);
    expect(await read(cluster, topics.rejected, partition)).toEqual([]);
  }
  expect(await filter.metric('geoip_missing')).toBe(0);
});

/** What the place of the events of a partition says, in order. */
async function valuesIn(field: 'city' | 'as_org', cluster: Cluster, topic: string, partition: number) {
  const records = await read(cluster, topic, partition);
  return records.map(({ value }) => decodeEvent(value!).geo?.[field] ?? undefined);
}

/** A database of networks that has 8.8.8.8 in its middle. */
function networkLines(name: string): string {
  const first = name === 'no address' ? 'nowhere' : '';
  return Array.from(
    { length: 223 },
    (_, n) => `${first}${n + 1}.0.0.0,${n + 1}.255.255.255,${n + 1},${name}\n`,
  ).join('');
}

function placedRecord(number: number): OutgoingRecord {
  const nowMs = Date.now();
  const event = sampleEvent(3, {
    eventId: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    random: seededRandom(number + 1),
    occurredAtMs: nowMs - 1000,
  });
  return rawRecord({ ...sampleBody(3, [event], nowMs), receivedAtMs: nowMs, clientIp: '8.8.8.8' });
}

/** As a download does it: written beside the file, then renamed over it. */
async function replace(path: string, make: (file: string) => Promise<void>): Promise<void> {
  await make(`${path}.new`);
  await rename(`${path}.new`, path);
}

/** The beginning of the tree leads nowhere; the metadata at the end are whole. */
async function damage(file: string): Promise<void> {
  await using handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(1_000_000, 0xff), 0, 1_000_000, 0);
}
