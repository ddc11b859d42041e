import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestBroker, TestKafka } from '@penstock/test-broker';
import { seededRun } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openCluster, startBatchProducer, startFetcher } from '../src/index.ts';
import type { Cluster, Fetcher, PositionProblem } from '../src/index.ts';
import { inSync } from './in-sync.fixture.ts';
import { judgedByJava } from './java-oracle.fixture.ts';
import { MemberProcess } from './member-process.fixture.ts';
import { moveLeaders } from './move-leaders.fixture.ts';
import { broken, NumberedLoad } from './numbered-load.fixture.ts';
import { TopicWatch } from './topic-watch.fixture.ts';

// What happens to brokers and leaders every day, with a producer, two copying members of a group and two
// readers under load. No caller may notice. The test also measures how long each stands still: from one
// record of a partition to the next.

const { long } = seededRun(0);
const partitions = 6;
/**
 * The longest time that a partition may stand still. A restarted broker may have been the controller: a new
 * one is elected.
 */
const limitsMs = { moved: 10_000, restarted: 30_000, killed: 30_000 };

let kafka: TestKafka;
let cluster: Cluster;

beforeAll(async () => {
  // As in production: a dead broker keeps its leaderships for 9 s. CI uses the 4 s of the other tests.
  const settings: Record<string, string> = long ? { 'broker.session.timeout.ms': '9000' } : {};
  kafka = await startKafka({ brokers: 3, name: 'moving', settings });
  cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'moving' });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await kafka?.[Symbol.asyncDispose]();
});

test(
  'leaders and coordinators move, a broker is killed, all are restarted: nothing is lost, doubled or late',
  { timeout: 900_000 },
  async () => {
    const { load, watches, members, group } = await startEverything();
    const stalls: string[] = [];
    const during = async (what: string, limitMs: number, act: () => Promise<unknown>): Promise<void> => {
      const everyone = [load, ...watches];
      for (const one of everyone) one.takeLongestStallMs();
      await act();
      await Promise.all(everyone.map((one) => one.flowing()));
      const [written, read, copied] = everyone.map((one) => Math.round(one.takeLongestStallMs()));
      stalls.push(`${what}: written ${written} ms, read ${read} ms, copied ${copied} ms`);
      process.stdout.write(`longest stall, ${stalls.at(-1)}\n`);
      expect(Math.max(written!, read!, copied!), stalls.join('\n')).toBeLessThan(limitMs);
    };

    await during('nothing', limitsMs.moved, () => watches[1]!.flowing());
    for (const leader of [1, 2]) {
      await during(`leaders to broker ${leader}`, limitsMs.moved, () =>
        leadersTo(leader, load.topic, watches[1]!.topic),
      );
    }
    for (const leader of [3, 1])
      await during(`coordinators to broker ${leader}`, limitsMs.moved, coordinatorsTo(leader));
    const coordinator = await cluster.coordinator('group', group, { refresh: true });
    const victim = kafka.brokers[coordinator - 1]!;
    await leadersTo(victim.id, load.topic, watches[1]!.topic);
    await during(`leader and coordinator ${victim.id} killed`, limitsMs.killed, async () => {
      await victim.kill();
      await ledByOthers(load.topic, victim);
    });
    await during('it comes back', limitsMs.restarted, async () => {
      await victim.start();
      await inSync(kafka, load.topic);
    });
    if (long) {
      await leadersTo(victim.id, load.topic, watches[1]!.topic);
      await during(`broker ${victim.id} hangs`, limitsMs.killed, async () => {
        await victim.pause();
        await ledByOthers(load.topic, victim);
      });
      await during('it goes on', limitsMs.restarted, async () => {
        await victim.resume();
        await inSync(kafka, load.topic);
      });
    }
    for (const broker of kafka.brokers) {
      await during(`broker ${broker.id} restarted`, limitsMs.restarted, async () => {
        await broker.restart();
        await inSync(kafka, load.topic);
      });
    }

    await load.stop();
    expect(load.notWritten).toEqual([]);
    const originals = await judgedByJava(kafka, cluster, load.topic);
    expect(broken(load, originals)).toEqual([]);
    const wanted = load.fates.map((fates, partition) => fates.map((_, number) => `${partition} ${number}`));
    for (const watch of watches) {
      await watch.complete(wanted.map(({ length }) => length));
      expect(watch.problems).toEqual([]);
      expect(watch.values).toEqual(wanted);
    }
    expect(members.every(({ alive }) => alive)).toBe(true);
    const ends = members.flatMap(({ lines }) => lines.filter((line) => /^(aborted|fenced)/.test(line)));
    process.stdout.write(`transactions: ${ends.join(', ') || 'none failed'}\n`);
    expect(ends.filter((line) => line.startsWith('fenced '))).toEqual([]);
  },
);

test(
  'what an unclean election cut off is reported with its range, to running and returning readers',
  { timeout: 480_000 },
  async () => {
    const topic = uniqueName('unclean');
    const configs = { 'min.insync.replicas': '1', 'unclean.leader.election.enable': 'true' };
    await kafka.createTopic(topic, { replicationFactor: 2, configs });
    const { leader, follower } = await replicasOf(topic);
    await write(topic, 10);
    using running = startFetcher(cluster, { isolation: 'read_committed' });
    running.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
    await readTo(running, 10n);
    await follower.stop();
    await write(topic, 5);
    const lastFetchedEpoch = await readTo(running, 15n);
    // The follower has never seen the last five records, and becomes the leader: an unclean election.
    await leader.kill();
    await follower.start();
    const truncated = { kind: 'truncated', from: 10n, to: 15n };
    expect(await problemOf(running)).toMatchObject(truncated);
    using returning = startFetcher(cluster, { isolation: 'read_committed' });
    returning.assign(topic, 0, { offset: 15n, lastFetchedEpoch });
    expect(await problemOf(returning)).toMatchObject(truncated);
    // The same happens when the new log has grown beyond the position.
    await write(topic, 20);
    using late = startFetcher(cluster, { isolation: 'read_committed' });
    late.assign(topic, 0, { offset: 15n, lastFetchedEpoch });
    expect(await problemOf(late)).toMatchObject(truncated);
    await leader.start();
  },
);

async function replicasOf(topic: string): Promise<{ leader: TestBroker; follower: TestBroker }> {
  const { topics } = await kafka.admin((admin) => admin.fetchTopicMetadata({ topics: [topic] }));
  const { leader, replicas } = topics[0]!.partitions[0]!;
  const broker = (id: number): TestBroker => kafka.brokers[id - 1]!;
  return { leader: broker(leader), follower: broker(replicas.find((id) => id !== leader)!) };
}

async function write(topic: string, count: number): Promise<void> {
  const outcomes: string[] = [];
  await using producer = await startBatchProducer(cluster, {
    onSettled: ({ outcome, tokens }) => outcomes.push(...tokens.map(() => outcome)),
  });
  for (let index = 0; index < count; index++)
    producer.append(topic, 0, { key: null, value: Buffer.from('x'), timestampMs: Date.now() }, index);
  await producer.drain();
  expect(outcomes).toEqual(Array.from({ length: count }, () => 'written'));
}

/** Resolves with the leader epoch of the last record read. */
async function readTo(fetcher: Fetcher, offset: bigint): Promise<number> {
  const signal = AbortSignal.timeout(120_000);
  while (!signal.aborted) {
    for (const { problem, nextOffset, lastEpoch } of await fetcher.next({ signal })) {
      expect(problem).toBeUndefined();
      if (nextOffset >= offset) return lastEpoch;
    }
  }
  throw new Error(`not read to ${offset} in time`);
}

async function problemOf(fetcher: Fetcher): Promise<PositionProblem | undefined> {
  const signal = AbortSignal.timeout(120_000);
  while (!signal.aborted) {
    for (const { problem } of await fetcher.next({ signal })) if (problem) return problem;
  }
  return undefined;
}

async function startEverything() {
  const [input, output] = [uniqueName('moving-in'), uniqueName('moving-out')];
  await kafka.createTopic(input, { partitions });
  await kafka.createTopic(output, { partitions });
  const group = uniqueName('moving');
  const members = [1, 2].map((number) => {
    const { bootstrap } = kafka;
    return new MemberProcess({ bootstrap, input, output, group, identity: `${group}-${number}` });
  });
  onTestFinished(() => members.forEach((member) => member[Symbol.dispose]()));
  const load = await NumberedLoad.start(cluster, { topic: input, partitions, everyMs: 20 });
  onTestFinished(() => load.stop());
  const watches = [new TopicWatch(cluster, input, partitions), new TopicWatch(cluster, output, partitions)];
  onTestFinished(async () => {
    for (const watch of watches) await watch[Symbol.asyncDispose]();
  });
  await Promise.all(
    members.map((member) => member.until(() => member.owned === partitions / 2, 'its share')),
  );
  await watches[1]!.flowing();
  return { load, watches, members, group };
}

async function leadersTo(leader: number, ...topics: string[]): Promise<void> {
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  for (const topic of topics) expect(await moveLeaders(cluster, topic, all, leader)).toEqual([]);
}

/** Tells how much of a stall the brokers cause themselves: until then no client can write. */
async function ledByOthers(topic: string, lost: TestBroker): Promise<void> {
  const startMs = performance.now();
  await using observer = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'observer' });
  const leaders = async (): Promise<number[]> =>
    (await observer.topic(topic, { refresh: true })).partitions.map(({ leader }) => leader);
  const isLed = (leader: number): boolean => leader >= 0 && leader !== lost.id;
  await expect
    .poll(async () => (await leaders()).every(isLed), { timeout: 120_000, interval: 50 })
    .toBe(true);
  process.stdout.write(`new leaders after ${Math.round(performance.now() - startMs)} ms\n`);
}

/** The coordinators are the leaders of these topics' partitions (test/broker has four partitions each). */
function coordinatorsTo(leader: number): () => Promise<void> {
  return async () => {
    for (const topic of ['__transaction_state', '__consumer_offsets'])
      expect(await moveLeaders(cluster, topic, [0, 1, 2, 3], leader)).toEqual([]);
  };
}
