import { rawHeaders, rejectedHeaders } from '@penstock/events';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { range, request, sequence } from './numbered-events.ts';
import { rawRecord } from './raw-records.ts';
import { clientOf, read, write } from './topic-io.ts';

const timestampMs = Date.now();

test('records that a stranger wrote into raw are rejected one by one, and stop nothing', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const usual = request([0]);
  const strange = [
    { key: null, value: null, timestampMs: 0 },
    { key: Buffer.alloc(0), value: Buffer.alloc(0), timestampMs, headers: [['', null]] as const },
    { ...usual, headers: usual.headers!.map(([name]) => [name, Buffer.of(0xff, 0)] as const) },
    rawRecord({ body: Buffer.from('{}'), hint: '2', contentEncoding: 'constructor' }),
    rawRecord({ body: Buffer.alloc(0), hint: '4' }),
  ];
  await write(cluster, topics.raw, [...strange, ...sequence(0, 10)]);
  const filter = await FilterProcess.start(kafka, topics);
  await filter.untilCommitted(15n);
  const rejected = await read(cluster, topics.rejected);
  const header = (name: string) => rejected.map((record) => String(new Map(record.headers()).get(name)));
  expect(header(rejectedHeaders.sourceOffset)).toEqual(['0', '1', '2', '3', '4']);
  const missing = Array<string>(3).fill('missing-header');
  expect(header(rejectedHeaders.reason)).toEqual([...missing, 'unknown-encoding', 'empty-request']);
  expect(await read(cluster, topics.clean)).toHaveLength(10);
});

test('what a stranger wrote into seen and clean is skipped when the window is rebuilt', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  await write(cluster, topics.raw, [request(range(0, 20))]);
  const first = await FilterProcess.start(kafka, topics);
  await first.untilCommitted(1n);
  expect(await first.stop()).toBe(0);

  const junk = [null, Buffer.from('{"keys":[]}'), Buffer.of(0xc3, 1, 0)].map((value) => ({
    key: null,
    value,
    timestampMs,
    headers: [[rawHeaders.requestId, 'x'] as const],
  }));
  await write(cluster, topics.seen, junk);
  await write(cluster, topics.clean, junk);
  await write(cluster, topics.raw, [request(range(10, 30))]);
  const second = await FilterProcess.start(kafka, topics);
  await second.untilCommitted(2n);
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(10);
  expect(second.output).toContain('a record of events.seen cannot be read');
  expect(await read(cluster, topics.clean)).toHaveLength(30 + junk.length);
});
