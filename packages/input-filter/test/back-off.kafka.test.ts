import { sharedKafka, type TestKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess, type FilterTopics } from './filter-process.ts';
import { numbersIn, range, request, sequence } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

/** Kafka refuses each of them for good, and each try finds one of them: so many aborts in a row, and one. */
const poison = (events: number) => request(range(1_000, 1_000 + events), 3, 6_000);
const tooSmall = { clean: { 'max.message.bytes': '2000' } };

const addPartition = (kafka: TestKafka, topics: FilterTopics) =>
  kafka.admin((admin) =>
    admin.createPartitions({
      // raw is the last: who takes its partition over finds the others
      topicPartitions: [topics.seen, topics.rejected, topics.clean, topics.raw].map((topic) => ({
        topic,
        count: 2,
      })),
    }),
  );

const untilAborted = (filter: FilterProcess, times: number) =>
  filter.until(
    async () => (await filter.metric('transactions_total{outcome="aborted"}')) >= times,
    `${times} aborts`,
  );

interface Said {
  readonly what: 'abort' | 'takeover';
  readonly atMs: number;
}

/** Aborts and takeovers in the order of the log, by its clock. */
function saidBy(filter: FilterProcess): Said[] {
  const lines = filter.output.matchAll(
    /"time":"([^"]+)".*"msg":"(?:(the transaction was not committed)|partition taken over)"/g,
  );
  return [...lines].map(([, time, abort]) => ({
    what: abort ? 'abort' : 'takeover',
    atMs: Date.parse(time!),
  }));
}

/** What came too soon after an abort: the pause begins at 50 ms and doubles until something is committed. */
function tooSoon(said: readonly Said[]): string[] {
  let aborts = 0;
  return said.flatMap(({ what, atMs }, n) => {
    const sinceMs = atMs - (said[n - 1]?.atMs ?? atMs);
    const pauseMs = Math.min(2_000, 50 * 2 ** (aborts - 1));
    const isEarly = aborts > 0 && sinceMs < pauseMs - 20;
    aborts = what === 'abort' ? aborts + 1 : 0;
    return isEarly ? [`${what} ${sinceMs} ms after an abort with a pause of ${pauseMs} ms`] : [];
  });
}

test.each([
  { when: 'during a pause after an abort', commitIntervalMs: 50, aborts: 7, events: 20 },
  { when: 'while a transaction is open that aborts', commitIntervalMs: 3_000, aborts: 2, events: 9 },
])(
  'a partition whose first takeover ends $when begins after the pause, and is not forgotten',
  async ({ commitIntervalMs, aborts, events }) => {
    const kafka = await sharedKafka();
    const topics = await createFilterTopics(kafka, { configs: tooSmall });
    const cluster = await clientOf(kafka);
    await write(cluster, topics.raw, [poison(events)]);
    const filter = await FilterProcess.start(kafka, topics, {
      PENSTOCK_FILTER_COMMIT_INTERVAL_MS: String(commitIntervalMs),
      PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS: String(commitIntervalMs),
    });
    await untilAborted(filter, aborts);
    await addPartition(kafka, topics);
    await filter.untilCommitted(1n);
    const said = saidBy(filter);
    expect(said.map(({ what }) => what).lastIndexOf('takeover')).toBeGreaterThan(aborts);
    // Otherwise the takeover came too late to meet an abort.
    expect(said.at(-1)?.what).toBe('abort');
    expect(tooSoon(said)).toEqual([]);
    // Before, they could be committed between two aborts, and rightly make the next pause short.
    await cluster.refresh(topics.raw);
    await write(cluster, topics.raw, sequence(0, 10), 1);
    await filter.untilCommitted(11n);
    await cluster.refresh(topics.clean);
    expect(await numbersIn(cluster, topics.clean, 1)).toEqual(range(0, 10));
    expect(await read(cluster, topics.rejected)).toHaveLength(events);
    expect(await filter.stop()).toBe(0);
  },
);

test('a revoke during the pause after an abort does not make the next pauses short', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2, configs: tooSmall });
  const cluster = await clientOf(kafka);
  // In both: whichever of them goes, the one that stays has aborts to come.
  for (const partition of [0, 1]) await write(cluster, topics.raw, [poison(16)], partition);
  const first = await FilterProcess.start(kafka, topics, {
    PENSTOCK_FILTER_INSTANCE: 'first',
    // Nearly all the time is pauses, so that is when the revoke comes.
    PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '50',
    PENSTOCK_FILTER_COMMIT_INTERVAL_MAX_MS: '50',
  });
  await untilAborted(first, 7);
  const second = await FilterProcess.start(kafka, topics, { PENSTOCK_FILTER_INSTANCE: 'second' });
  const owned = async () => [await first.partitions(), await second.partitions()];
  await first.until(async () => (await owned()).every(({ length }) => length === 1), 'each has one');
  const moved = (await second.partitions())[0]!.partition;
  await write(cluster, topics.raw, sequence(0, 10), moved);

  const isCommitted = async () =>
    (await owned())
      .flat()
      .every(({ partition, committed }) => committed === (partition === moved ? '11' : '1'));
  await first.until(isCommitted, 'all is committed');
  expect(tooSoon(saidBy(first))).toEqual([]);
  // Otherwise nothing came after the revoke that could have been too soon.
  const movedAtMs = saidBy(second)[0]!.atMs;
  const after = saidBy(first).filter(({ what, atMs }) => what === 'abort' && atMs > movedAtMs);
  expect(after.length).toBeGreaterThanOrEqual(2);
  expect(await numbersIn(cluster, topics.clean, moved)).toEqual(range(0, 10));
  for (const partition of [0, 1]) expect(await read(cluster, topics.rejected, partition)).toHaveLength(16);
});
