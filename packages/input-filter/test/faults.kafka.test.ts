import { decodeEvent } from '@penstock/events';
import { committedOffsets, listOffsets, type Cluster, type OutgoingRecord } from '@penstock/kafka';
import { givenBootstrap, startKafka, type TestKafka } from '@penstock/test-broker';
import {
  holdAt,
  killPointNames,
  seeded,
  seededRun,
  startProxiedKafka,
  type FaultProxy,
  type KillPoint,
  type SeededRandom,
} from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess, type FilterTopics } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { clientOf, write } from './topic-io.ts';

// A few rounds in each run of the tests, 20 of each kind with new seeds in `npm run soak -- filter`.
const { seed, rounds } = seededRun(1);
const partitions = [0, 1];
const perRound = 300;

/** Filters behind a fault proxy. One of them runs at the beginning and at the end of a round. */
class Scene {
  readonly cluster: Cluster;
  readonly #kafka: TestKafka;
  readonly #topics: FilterTopics;
  readonly #proxies: readonly FaultProxy[];
  readonly #random: SeededRandom;
  /** Events of each partition. */
  written = 0;
  #started = 0;
  #filter: FilterProcess | undefined;

  constructor(
    kafka: TestKafka,
    proxies: readonly FaultProxy[],
    topics: FilterTopics,
    cluster: Cluster,
    random: SeededRandom,
  ) {
    this.#kafka = kafka;
    this.#proxies = proxies;
    this.#topics = topics;
    this.cluster = cluster;
    this.#random = random;
  }

  /** The filter is killed at the point; the next round starts it again, under its name. */
  async kill(point: KillPoint): Promise<void> {
    const filter = await this.#heldAt(point);
    await filter.kill();
    await this.#goOn();
    this.#filter = await this.#start('one');
    await this.#allCommitted(this.#filter);
  }

  /** It is stopped there for longer than its session. Another one inherits, and it wakes up. */
  async pause(point: KillPoint): Promise<void> {
    const sleeper = await this.#heldAt(point);
    process.kill(sleeper.pid, 'SIGSTOP');
    await this.#goOn();
    const heir = await this.#start('heir');
    // All may have been committed before the sleep: only that the heir has everything shows that it was long.
    await heir.until(() => takenOver(heir) >= partitions.length, 'the heir has all partitions');
    await this.#allCommitted(heir);
    const before = sleeper.output.length;
    process.kill(sleeper.pid, 'SIGCONT');
    await sleeper.until(
      () => /"code":"(UNKNOWN_MEMBER_ID|FENCED_MEMBER_EPOCH)"/.test(sleeper.output.slice(before)),
      'the sleeper hears that its partitions are gone',
    );
    await this.#feed();
    await this.#allCommitted(heir);
    await this.#end(heir);
    this.#filter = sleeper;
  }

  /** Another one joins while it is held there: half of its partitions go in the middle of a batch. */
  async rebalance(point: KillPoint): Promise<void> {
    const first = await this.#heldAt(point);
    const second = await this.#start('two');
    await this.#goOn();
    await this.#feed();
    await this.#allCommitted(second);
    await this.#end(second);
    this.#filter = first;
  }

  /** The numbers of the events in clean, by partition and in order. */
  clean(): Promise<number[][]> {
    return Promise.all(partitions.map((partition) => numbersIn(this.cluster, this.#topics.clean, partition)));
  }

  /** The same as Java's consumer sees it, once the filter has stopped. */
  async cleanByJava(): Promise<number[][]> {
    if (this.#filter !== undefined) await stopped(this.#filter);
    const records = await this.#kafka.consoleConsume(this.#topics.clean);
    return partitions.map((partition) =>
      records
        .filter((record) => record.partition === partition)
        .map(({ value }) => Number(decodeEvent(value!).event_id.toString('hex').slice(20))),
    );
  }

  /** What the filter has to do was written while it stood still, so that only it comes to the point. */
  async #heldAt(point: KillPoint): Promise<FilterProcess> {
    const filter = (this.#filter ??= await this.#start('one'));
    await this.#allCommitted(filter);
    process.kill(filter.pid, 'SIGSTOP');
    await this.#feed();
    const hold = holdAt(this.#proxies, point);
    let isHeld = false;
    void hold.struck.then(() => (isHeld = true));
    process.kill(filter.pid, 'SIGCONT');
    await filter.until(() => isHeld, point);
    return filter;
  }

  /** New events, and some that their clients send again. */
  async #feed(): Promise<void> {
    const from = this.written;
    this.written += perRound;
    const again = Math.min(from, 10);
    const resent = sequence(from - again, from);
    const fresh = sequence(from, this.written);
    const middle = this.#random(perRound);
    const records: OutgoingRecord[] = [...fresh.slice(0, middle), ...resent, ...fresh.slice(middle)];
    await Promise.all(
      partitions.map((partition) => write(this.cluster, this.#topics.raw, records, partition)),
    );
  }

  /** Whoever is held notices that its connection is gone, and asks again on a new one. */
  async #goOn(): Promise<void> {
    for (const proxy of this.#proxies) {
      await proxy.pass();
      proxy.cut();
    }
  }

  #start(instance: string): Promise<FilterProcess> {
    this.#started += 1;
    return FilterProcess.start(this.#kafka, this.#topics, {
      PENSTOCK_FILTER_INSTANCE: instance === 'one' ? instance : `${instance}-${this.#started}`,
      PENSTOCK_FILTER_BATCH_BYTES: '32KiB', // sent long before the commit
    });
  }

  async #end(filter: FilterProcess): Promise<void> {
    if (this.#random(2) === 0) await filter.kill();
    else await stopped(filter);
  }

  async #allCommitted(watched: FilterProcess): Promise<void> {
    const { raw } = this.#topics;
    const ends = await listOffsets(this.cluster, raw, partitions, 'latest', 'read_committed');
    await watched.until(
      async () => {
        const found = await committedOffsets(this.cluster, {
          groupId: raw,
          memberId: null,
          memberEpoch: -1,
          partitions: partitions.map((partition) => ({ topic: raw, partition })),
        });
        return partitions.every(
          (one) => (found.get(`${raw}-${one}`)?.offset ?? -1n) >= ends.get(one)!.offset,
        );
      },
      'everything is committed',
      240_000,
    );
  }
}

function takenOver(filter: FilterProcess): number {
  return filter.output.match(/"msg":"partition taken over"/g)?.length ?? 0;
}

async function stopped(filter: FilterProcess): Promise<void> {
  const code = await filter.stop();
  if (code !== 0) throw new Error(`the filter ended with ${code}\n${filter.output.slice(-2_000)}`);
}

test.skipIf(givenBootstrap() !== undefined)(
  `held between any two steps of a transaction, then killed, paused or rebalanced: once each, seed ${seed}`,
  async () => {
    await using proxied = await startProxiedKafka(startKafka, { name: 'filter-faults' });
    const { kafka, proxies } = proxied;
    const topics = await createFilterTopics(kafka, { partitions: partitions.length });
    await kafka.tool('kafka-configs', [
      ...['--alter', '--entity-type', 'groups', '--entity-name', topics.raw],
      ...['--add-config', 'consumer.session.timeout.ms=6000,consumer.heartbeat.interval.ms=1000'],
    ]);
    const random = seeded(seed);
    const scene = new Scene(kafka, proxies, topics, await clientOf(kafka), random);
    // Every point in turn, from a random one on, so that 20 rounds of a kind come to each of them.
    let at = random(killPointNames.length);
    for (let round = 0; round < rounds; round += 1) {
      for (const kind of ['kill', 'rebalance', 'pause'] as const) {
        const point = killPointNames[at++ % killPointNames.length]!;
        const told = `round ${round}: ${kind}, ${point}`;
        try {
          await scene[kind](point);
        } catch (cause) {
          throw new Error(told, { cause });
        }
        expect(await scene.clean(), told).toEqual(partitions.map(() => range(0, scene.written)));
      }
      at += 2; // five points a round, and there are six: in time each kind meets each of them
    }
    expect(await scene.cleanByJava()).toEqual(partitions.map(() => range(0, scene.written)));
  },
  120_000 + rounds * 180_000,
);
