import { dedupKey, parseUuid } from '@penstock/events';
import { encodeBatch, openTransactionSession } from '@penstock/kafka';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { EventKey } from '../src/dedup/event-key.ts';
import { encodeSeen } from '../src/dedup/seen-record.ts';
import { emptyTally } from '../src/dedup/tally.ts';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

/** What a transaction that made these events tells of them; their contents are unknown here. */
function seenOf(numbers: readonly number[]): Buffer {
  const key = new EventKey();
  const keys = numbers.map((number) => {
    const id = parseUuid(`00000000-0000-4000-8000-${String(number).padStart(12, '0')}`)!;
    key.set(dedupKey('acme', id), new Uint8Array(8));
    return Buffer.from(new Uint8Array(key.words.buffer));
  });
  return encodeSeen({ tally: emptyTally(), from: 1n, to: 1n, keys: Buffer.concat(keys) });
}

test('output whose marker is late is waited for: its ids are in the window before raw is read', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  await write(cluster, topics.raw, [request(range(0, 10))]);
  const first = await FilterProcess.start(kafka, topics);
  await first.untilCommitted(1n);
  expect(await first.stop()).toBe(0);

  // As between EndTxn and its marker in seen: the offset is stable, a record below the end of seen is not yet
  // visible.
  await using owner = await openTransactionSession(cluster, {
    transactionalId: uniqueName('owner'),
    transactionTimeoutMs: 60_000,
  });
  const timestampMs = Date.now();
  const before = (await read(cluster, topics.seen, 0, 'read_uncommitted')).length;
  owner.append(topics.seen, 0, encodeBatch([{ key: null, value: seenOf(range(10, 20)), timestampMs }]));
  await expect
    .poll(async () => (await read(cluster, topics.seen, 0, 'read_uncommitted')).length)
    .toBe(before + 1);
  await write(cluster, topics.raw, [request(range(10, 30))]);
  const second = await FilterProcess.start(kafka, topics);
  await second.until(async () => (await second.partitions()).length === 1, 'is assigned');
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect((await second.partitions())[0]?.state).toBe('starting');

  await owner.commit();
  await second.untilCommitted(2n);
  expect(await second.metric('outcomes_total{outcome="duplicate"}')).toBe(10);
  expect(await numbersIn(cluster, topics.clean)).toEqual([...range(0, 10), ...range(20, 30)]);
});
