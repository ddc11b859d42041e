import { setTimeout as sleep } from 'node:timers/promises';
import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestBroker, TestKafka } from '@penstock/test-broker';
import { drawFault, pickOne, seeded, seededRun, startProxiedKafka } from '@penstock/test-faults';
import type { ProxiedKafka } from '@penstock/test-faults';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openCluster } from '../src/index.ts';
import type { Cluster } from '../src/index.ts';
import { judgedByJava, seenByUs } from './java-oracle.fixture.ts';
import { inSync } from './in-sync.fixture.ts';
import { MemberProcess } from './member-process.fixture.ts';
import { moveLeaders } from './move-leaders.fixture.ts';
import { broken, NumberedLoad } from './numbered-load.fixture.ts';

// Contract test 2: a producer and two transactional copiers under load on three brokers, with one fault after
// the other at random points. Every second fault loses the answer to a Produce request. Leaders move
// meanwhile, and brokers are killed and restarted.

const { seed, rounds, long } = seededRun(10);
const partitions = 6;
const requestTimeoutMs = 1_500;
/** One of so many rounds kills a broker. */
const roundsPerKill = 10;

let proxied: ProxiedKafka<TestKafka>;
let cluster: Cluster;

beforeAll(async () => {
  proxied = await startProxiedKafka(startKafka, { brokers: 3, name: 'random-faults' });
  cluster = await openCluster({ bootstrap: proxied.bootstrap, clientId: 'random-faults', requestTimeoutMs });
});

afterAll(async () => {
  await cluster?.[Symbol.asyncDispose]();
  await proxied?.[Symbol.asyncDispose]();
});

test(
  `after ${rounds} random faults, acknowledged records and copies are there once (seed ${seed})`,
  { timeout: 300_000 + rounds * 20_000 },
  async () => {
    const { kafka } = proxied;
    const [input, output] = [uniqueName('faults-in'), uniqueName('faults-out')];
    await kafka.createTopic(input, { partitions });
    await kafka.createTopic(output, { partitions });
    const members = startMembers(input, output);
    const load = await NumberedLoad.start(cluster, { topic: input, partitions, everyMs: 10 });
    onTestFinished(() => load.stop());
    // Its delivery timeout is shorter than most faults: much is unknown or refused here, and must be in the
    // log at most once, or not at all.
    const hasty = uniqueName('faults-hasty');
    await kafka.createTopic(hasty, { partitions });
    const hastyOptions = { topic: hasty, partitions, everyMs: 20, deliveryTimeoutMs: 500 };
    const hastyLoad = await NumberedLoad.start(cluster, hastyOptions);
    onTestFinished(() => hastyLoad.stop());
    await load.flowing();
    await Promise.all(
      members.map((member) => member.until(() => member.lines.includes('committed'), 'a commit')),
    );

    const told = await strikeRounds(input);
    await load.flowing();
    await Promise.all([load.stop(), hastyLoad.stop()]);

    const context = `seed ${seed}\n${told.join('\n')}\nnot written: ${load.notWritten.join('\n')}`;
    const originals = await judgedByJava(kafka, cluster, input);
    expect(broken(load, originals), context).toEqual([]);
    expect(load.notWritten, context).toEqual([]);
    expect(broken(hastyLoad, await judgedByJava(kafka, cluster, hasty)), context).toEqual([]);
    const copies = await copiesOf(originals.length, output, members);
    expect(perPartition(copies), context).toEqual(perPartition(originals));
    process.stdout.write(
      `${rounds} faults, ${load.appended} records, ${hastyLoad.notWritten.length} batches given up ` +
        `by the hasty, ${describeMembers(members)}\n`,
    );
  },
);

/** Resolves with a line for each fault. */
async function strikeRounds(topic: string): Promise<string[]> {
  const random = seeded(seed);
  const { proxies, kafka } = proxied;
  const told: string[] = [];
  const startMs = performance.now();
  const tell = (what: string): void =>
    void told.push(`${Math.round(performance.now() - startMs)} ms: ${what}`);
  let down: Promise<void> = Promise.resolve();
  let killAt = random(roundsPerKill);
  for (let round = 0; round < rounds; round++) {
    if (round === killAt) {
      await down;
      const victim = pickOne(random, kafka.brokers);
      tell(`broker ${victim.id} is killed and restarted`);
      down = killAndRestart(victim, random(3_000), topic);
      killAt = roundsPerKill * (1 + Math.floor(round / roundsPerKill)) + random(roundsPerKill);
    }
    if (long && round % 10 === 0) process.stdout.write(`${round} of ${rounds} faults\n`);
    const fault = drawFault(random, proxies, { muteMsMax: 2 * requestTimeoutMs });
    tell(fault.name);
    await sleep(random(100));
    const [moved] = await Promise.all([
      random(3) === 0 ? move(topic, random(partitions), 1 + random(3)) : '',
      fault.strike(),
    ]);
    if (moved) tell(moved);
  }
  await down;
  tell('the end');
  return told;
}

/**
 * Resolves when all replicas are in sync again. With one more broker down before that, a partition may
 * rightly take nothing.
 */
async function killAndRestart(broker: TestBroker, downMs: number, topic: string): Promise<void> {
  await broker.kill();
  await sleep(downMs);
  await broker.start();
  await inSync(proxied.kafka, topic);
}

async function move(topic: string, partition: number, leader: number): Promise<string> {
  const refusal = await moveLeaders(cluster, topic, [partition], leader).catch(String);
  return `partition ${partition} moves to broker ${leader} ${String(refusal)}`;
}

function startMembers(input: string, output: string): MemberProcess[] {
  const group = uniqueName('copiers');
  return [1, 2].map((number) => {
    const identity = `${group}-${number}`;
    const { bootstrap } = proxied;
    const member = new MemberProcess({ bootstrap, input, output, group, identity, requestTimeoutMs });
    onTestFinished(() => member[Symbol.dispose]());
    return member;
  });
}

/** What Java sees of the output once this many copies are there, or no more come. */
async function copiesOf(count: number, output: string, members: readonly MemberProcess[]) {
  const until = performance.now() + 60_000;
  while ((await seenByUs(cluster, output)).length < count && performance.now() < until) {
    expect(
      members.every(({ alive }) => alive),
      'a copying process has ended',
    ).toBe(true);
    await sleep(300);
  }
  return judgedByJava(proxied.kafka, cluster, output);
}

function perPartition(records: readonly { partition: number; value: string }[]): string[][] {
  return Array.from({ length: partitions }, (_, partition) =>
    records.filter((record) => record.partition === partition).map(({ value }) => value),
  );
}

function describeMembers(members: readonly MemberProcess[]): string {
  const said = members.flatMap(({ lines }) => lines);
  const count = (word: string): number => said.filter((line) => line.startsWith(word)).length;
  const counts = ['committed', 'aborted', 'fenced'].map((kind) => `${count(kind)} ${kind}`);
  return `transactions: ${counts.join(', ')}`;
}
