import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestBroker, TestKafka } from '@penstock/test-broker';
import { seededRun } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openCluster } from '../src/index.ts';
import type { Cluster } from '../src/index.ts';
import { judgedByJava } from './java-oracle.fixture.ts';
import { MemberProcess } from './member-process.fixture.ts';
import { moveLeaders } from './move-leaders.fixture.ts';
import { broken, NumberedLoad } from './numbered-load.fixture.ts';
import { TopicWatch } from './topic-watch.fixture.ts';

// What brokers and leaders do every day, to a producer, two copying members of a group and two readers under load. Nothing of it may
// reach the caller, and how long each stands still is measured: from the last record of a partition to the next.

const { long } = seededRun(0);
const partitions = 6;
/** The longest time that a partition may stand still. A restarted broker may have been the controller, which is elected anew. */
const limitsMs = { moved: 5_000, restarted: 15_000, killed: 15_000 };

let kafka: TestKafka;
let cluster: Cluster;

beforeAll(async () => {
  // What a production broker has: it keeps its leaderships 9 s after its death. CI takes the tests' 4 s.
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
  { timeout: 240_000 },
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
    await during('coordinators to broker 3', limitsMs.moved, coordinatorsTo(3));
    await during('coordinators to broker 1', limitsMs.moved, coordinatorsTo(1));
    const coordinator = await cluster.coordinator('group', group, { refresh: true });
    const victim = kafka.brokers[coordinator - 1]!;
    await leadersTo(victim.id, load.topic, watches[1]!.topic);
    await during(`leader and coordinator ${victim.id} killed`, limitsMs.killed, () => victim.kill());
    await during('it comes back', limitsMs.restarted, () => backInSync(victim, load.topic));
    for (const broker of kafka.brokers) {
      await during(`broker ${broker.id} restarted`, limitsMs.restarted, async () => {
        await broker.stop();
        await backInSync(broker, load.topic);
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
    expect(ends.filter((line) => line.startsWith('fenced'))).toEqual([]);
  },
);

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

/** The leaders of their topics' partitions are the coordinators (settings.ts of test/broker: four partitions each). */
function coordinatorsTo(leader: number): () => Promise<void> {
  return async () => {
    for (const topic of ['__transaction_state', '__consumer_offsets'])
      expect(await moveLeaders(cluster, topic, [0, 1, 2, 3], leader)).toEqual([]);
  };
}

async function backInSync(broker: TestBroker, topic: string): Promise<void> {
  await broker.start();
  await kafka.admin(async (admin) => {
    await expect
      .poll(
        async () => {
          const { topics } = await admin.fetchTopicMetadata({
            topics: [topic, '__transaction_state', '__consumer_offsets'],
          });
          return Math.min(...topics.flatMap((one) => one.partitions.map(({ isr }) => isr.length)));
        },
        { timeout: 60_000, interval: 200 },
      )
      .toBe(3);
  });
}
