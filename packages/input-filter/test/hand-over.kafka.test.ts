import { encodeBatch, openTransactionSession, type Cluster } from '@penstock/kafka';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { encodeSeen } from '../src/dedup/seen-record.ts';
import { emptyTally } from '../src/dedup/tally.ts';
import { createFilterTopics, FilterProcess, type FilterTopics } from './filter-process.ts';
import { numbersIn, range, request } from './numbered-events.ts';
import { leaveHistory } from './seen-history.ts';
import { clientOf, read, write } from './topic-io.ts';

// Ids of one partition's window. `npm run soak -- filter` sets it, fills the windows and prints the stalls.
const { PENSTOCK_WINDOW_IDS: windowIds } = process.env;
const partitions = range(0, windowIds === undefined ? 4 : 12);
const secondsOfHistory = windowIds === undefined ? 20 : 1_800;
const windowMs = windowIds === undefined ? 10_000 : 600_000;
const idsASecond = Math.ceil((Number(windowIds ?? 1_000) * 1_000) / windowMs);
const eventsARequest = 10;

function settled(filter: FilterProcess, count: number): Promise<void> {
  return filter.until(async () => {
    const owned = await filter.partitions();
    return owned.length === count && owned.every(({ state }) => state === 'running');
  }, `${count} partitions run`);
}

/** Requests for all partitions, each of them sent twice, again and again, until it is stopped. */
class Load implements AsyncDisposable {
  /** Events of each partition that are acknowledged. */
  events = 0;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(cluster: Cluster, topic: string) {
    this.#running = this.#run(cluster, topic);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(cluster: Cluster, topic: string): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const next = request(range(this.events, this.events + eventsARequest));
      const again = this.events === 0 ? next : request(range(this.events - eventsARequest, this.events));
      await Promise.all(partitions.map((partition) => write(cluster, topic, [next, again], partition)));
      this.events += eventsARequest;
      await sleep(50);
    }
  }
}

/** The longest time between two commits of a partition, ms, by the clocks of the filters. */
async function longestStallMs(cluster: Cluster, topics: FilterTopics, partition: number, sinceMs: number) {
  const times = (await read(cluster, topics.seen, partition)).map(({ timestampMs }) => timestampMs);
  const during = times.filter((time) => time >= sinceMs);
  return Math.max(0, ...during.slice(1).map((time, n) => time - during[n]!));
}

test('a graceful stop under load hands all partitions over, every event once and in order', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: partitions.length });
  const cluster = await clientOf(kafka);
  const history = range(0, secondsOfHistory).map((n) => ({
    commitAgoMs: (secondsOfHistory - n) * 1_000,
    ids: idsASecond,
  }));
  for (const partition of partitions) await leaveHistory(cluster, topics, partition, history);
  const start = (instance: string) =>
    FilterProcess.start(kafka, topics, {
      PENSTOCK_FILTER_INSTANCE: instance,
      PENSTOCK_FILTER_DEDUP_WINDOW_MS: String(windowMs),
    });
  const [staying, leaving] = await Promise.all([start('staying'), start('leaving')]);
  const half = partitions.length / 2;
  await Promise.all([settled(staying, half), settled(leaving, half)]);
  const stayed = new Set((await staying.partitions()).map(({ partition }) => partition));

  const load = new Load(cluster, topics.raw);
  onTestFinished(() => load[Symbol.asyncDispose]());
  await leaving.until(
    async () => (await leaving.partitions()).every(({ committed }) => Number(committed) > 20),
    'it is under load',
  );
  const stoppedAt = Date.now();
  expect(await leaving.stop()).toBe(0);
  await settled(staying, partitions.length);
  const handedOver = load.events;
  await staying.until(async () => load.events > handedOver + 10 * eventsARequest, 'the load goes on');
  await load[Symbol.asyncDispose]();
  const requests = BigInt((load.events / eventsARequest) * 2 * partitions.length);
  await staying.untilCommitted(requests);

  for (const partition of partitions) {
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, load.events));
  }
  const stalls = await Promise.all(
    partitions.map((partition) => longestStallMs(cluster, topics, partition, stoppedAt - 2_000)),
  );
  if (windowIds === undefined) return;
  const among = (taken: boolean) => stalls.filter((_, partition) => stayed.has(partition) !== taken);
  process.stdout.write(
    `longest time without a commit, ${windowIds} ids a window: ${among(true).join(', ')} ms for the ` +
      `partitions that were handed over, ${among(false).join(', ')} ms for the others of the thread; ` +
      `${await staying.metric('rebuilt_bytes_total')} bytes of seen read for ` +
      `${await staying.metric('rebuilt_ids_total')} ids\n`,
  );
});

test('a rebuild that has to wait holds up no other partition of its thread', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 3 });
  const cluster = await clientOf(kafka);
  for (const partition of [0, 1, 2]) {
    await leaveHistory(cluster, topics, partition, [{ commitAgoMs: 1_000, ids: 10 }]);
  }
  // A marker that is late: what is below the end of seen cannot be read yet.
  await using owner = await openTransactionSession(cluster, {
    transactionalId: uniqueName('owner'),
    transactionTimeoutMs: 600_000,
  });
  const value = encodeSeen({ tally: emptyTally(), from: 0n, to: 0n, keys: Buffer.alloc(24) });
  owner.append(topics.seen, 0, encodeBatch([{ key: null, value, timestampMs: Date.now() }]));
  const inLog = async () => (await read(cluster, topics.seen, 0, 'read_uncommitted')).length;
  await expect.poll(inLog).toBe(2);

  const filter = await FilterProcess.start(kafka, topics);
  for (const partition of [0, 1, 2]) await write(cluster, topics.raw, [request([partition])], partition);
  const committed = async () => (await filter.partitions()).map((one) => one.committed);
  await filter.until(async () => (await committed()).slice(1).join() === '1,1', 'the others commit');
  expect((await filter.partitions())[0]).toMatchObject({ state: 'starting' });
  await owner.commit();
  await filter.until(async () => (await committed())[0] === '1', 'partition 0 goes on');
});
