import { seededRandom } from '@penstock/events';
import { sharedKafka } from '@penstock/test-broker';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, request, sequence } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

const mib = 1024 * 1024;

/** The worst that fits into a small request: each inflates to 16 MiB. */
const bombs = [
  {
    encoding: 'gzip',
    body: gzipSync(Buffer.concat([Buffer.alloc(8 * mib, '['), Buffer.alloc(8 * mib, ']')])),
  },
  { encoding: 'gzip', body: gzipSync(Buffer.alloc(16 * mib, '{"a":')) },
  {
    encoding: 'deflate',
    body: deflateSync(Buffer.concat([Buffer.from('[1'), Buffer.alloc(16 * mib - 3, ',1')])),
  },
  { encoding: 'zstd', body: zstdCompressSync(Buffer.alloc(16 * mib, '\\u0041')) },
  { encoding: 'gzip', body: gzipSync(Buffer.alloc(17 * mib)) },
].map(({ encoding, body }) => rawRecord({ body, hint: '3', contentEncoding: encoding, key: 'hostile' }));

test('fifty of the worst requests in a row cost no membership, and the other partitions go on', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  // As in the demo: a member that is silent for 6 s has lost its partitions.
  await kafka.tool('kafka-configs', [
    '--alter',
    '--entity-type',
    'groups',
    '--entity-name',
    topics.raw,
    '--add-config',
    'consumer.session.timeout.ms=6000,consumer.heartbeat.interval.ms=1000',
  ]);
  const cluster = await clientOf(kafka);
  const filter = await FilterProcess.start(kafka, topics);
  const random = seededRandom(7);
  const hostile = range(0, 50).map((n) =>
    n < bombs.length ? bombs[n]! : bombs[Math.floor(random() * bombs.length)]!,
  );
  await write(cluster, topics.raw, [...hostile, request(range(1_000, 1_010))], 0);

  // Meanwhile healthy events of another partition of the same thread, one request at a time.
  const delaysMs: number[] = [];
  let healthy = 0;
  const isDone = async () => (await filter.partitions())[0]?.committed === '51';
  while (!(await isDone())) {
    const began = performance.now();
    await write(cluster, topics.raw, sequence(healthy, (healthy += 1)), 1);
    const committed = String(healthy);
    await filter.until(
      async () => (await filter.partitions())[1]?.committed === committed,
      `healthy request ${committed} is committed`,
    );
    delaysMs.push(performance.now() - began);
  }

  expect(await numbersIn(cluster, topics.clean, 0)).toEqual(range(1_000, 1_010));
  expect(await numbersIn(cluster, topics.clean, 1)).toEqual(range(0, healthy));
  expect(await read(cluster, topics.rejected, 0)).toHaveLength(50);
  expect(await filter.metric('transactions_total{outcome="fenced"}')).toBe(0);
  expect(await filter.metric('takeovers_total')).toBe(2);
  expect(filter.output).not.toMatch(/FENCED|UNKNOWN_MEMBER_ID|lost the membership/);
  // It may take long on a busy machine; waiting for fifty bombs would take far longer.
  expect(healthy).toBeGreaterThan(5);
  expect(delaysMs.toSorted((a, b) => a - b)[Math.floor(healthy / 2)]).toBeLessThan(10_000);
  expect(await filter.stop()).toBe(0);
});
