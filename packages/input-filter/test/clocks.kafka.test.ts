import { decodeEvent } from '@penstock/events';
import type { OutgoingRecord } from '@penstock/kafka';
import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

const minute = 60_000;

/** A request as a Receiver writes it whose clock is off by so much. */
function receivedAt(record: OutgoingRecord, offMs: number): OutgoingRecord {
  const timestampMs = Number(record.timestampMs) + offMs;
  const headers = record.headers!.map(([name, value]): [string, string] => [
    name,
    name.endsWith('received-at') ? String(timestampMs) : String(value),
  ]);
  return { ...record, timestampMs, headers };
}

test("a Receiver's clock that jumps far ahead shortens no window, takeover or not", async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  let written = 0;
  const send = async (filter: FilterProcess, record: OutgoingRecord) => {
    await write(cluster, topics.raw, [record]);
    await filter.untilCommitted(BigInt((written += 1)));
  };
  const resent = request(range(0, 20));
  const first = await FilterProcess.start(kafka, topics);
  await send(first, resent);
  // Each is committed alone, more than a window after the one before, by that clock. (Kafka refuses times
  // more than an hour ahead.)
  for (const n of [0, 1, 2, 3]) await send(first, receivedAt(request([100 + n]), (20 + n * 12) * minute));
  await send(first, resent);
  expect(await first.metric('outcomes_total{outcome="duplicate"}')).toBe(20);
  expect(await first.metric('receiver_clock_off_total{clock="ahead"}')).toBe(4);
  expect(first.output).toContain('the clock of a Receiver is off');
  await first.kill();

  const second = await FilterProcess.start(kafka, topics);
  await send(second, resent);
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(20);
  await send(second, request(range(200, 205)));
  expect(await second.stop()).toBe(0);

  const third = await FilterProcess.start(kafka, topics);
  await send(third, resent);
  await send(third, receivedAt(request([100]), 50 * minute));
  expect(await third.metric('outcomes_total{outcome="duplicate"}')).toBe(21);
  expect(await numbersIn(cluster, topics.clean)).toEqual([
    ...range(0, 20),
    ...range(100, 104),
    ...range(200, 205),
  ]);
  const marked = (await read(cluster, topics.clean)).filter(({ value }) =>
    decodeEvent(value!).fixes.includes('received-at-ahead'),
  );
  expect(marked).toHaveLength(4);
});

test('a rebuild reads the last window of events.seen and not what is older', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const env = { PENSTOCK_FILTER_DEDUP_WINDOW_MS: '1000', PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '10' };
  const first = await FilterProcess.start(kafka, topics, env);
  let n = 0;
  const until = performance.now() + 8_000;
  while (performance.now() < until || n < 300) {
    await write(cluster, topics.raw, [request([n])]);
    n += 1;
  }
  await first.untilCommitted(BigInt(n));
  expect(await first.stop()).toBe(0);
  const all = (await read(cluster, topics.seen)).length;
  const second = await FilterProcess.start(kafka, topics, env);
  await second.until(async () => (await second.metric('takeovers_total')) === 1, 'is taken over');
  const rebuilt = await second.metric('rebuilt_ids_total');
  expect(rebuilt).toBeGreaterThan(0);
  expect(rebuilt).toBeLessThan(n);
  expect(all).toBeGreaterThan(50);
  await write(cluster, topics.raw, [request([n - 1])]);
  await second.untilCommitted(BigInt(n + 1));
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(1);
});
