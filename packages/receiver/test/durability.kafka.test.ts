import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { givenBootstrap, startKafka, type TestKafka } from '@penstock/test-broker';
import { startProxiedKafka, type FaultProxy } from '@penstock/test-faults';
import { expect, onTestFinished, test } from 'vitest';
import { addKey, newKey } from '../src/access/key-file.ts';
import { isStored, judge, Ledger } from './durability/ledger.ts';
import { startReceiverProcess, type ReceiverProcess } from './receiver-process.ts';

/** `npm run soak -- receiver`: three brokers, so many faults by chance, and a line for each. */
const rounds = Number(process.env['PENSTOCK_ROUNDS'] ?? 0);
const seed = Number(process.env['PENSTOCK_SEED'] ?? 1);
const produceKey = 0;

interface World {
  kafka: TestKafka;
  proxies: readonly FaultProxy[];
  receiver: ReceiverProcess;
  restartReceiver(): Promise<void>;
}

interface Fault {
  name: string;
  /** Only where three brokers are. */
  three?: true;
  strike(world: World, pick: number): Promise<void>;
}

const deliveryTimeoutMs = 2_000;
/** Longer than that. */
const outageMs = 3_500;

const faults: readonly Fault[] = [
  {
    name: 'answers of Kafka are lost',
    async strike({ proxies }) {
      for (let n = 0; n < 3; n += 1) {
        const traps = proxies.map((proxy) => proxy.dropNextResponse({ apiKey: produceKey }));
        await Promise.race(traps.map(({ struck }) => struck));
        for (const trap of traps) trap.disarm();
      }
    },
  },
  {
    name: 'the network is dead, and nothing says so',
    async strike({ proxies }) {
      for (const proxy of proxies) proxy.stall();
      await sleep(outageMs);
      await Promise.all(proxies.map((proxy) => proxy.pass()));
    },
  },
  {
    name: 'connections are half-open',
    async strike({ proxies }, pick) {
      proxies[pick % proxies.length]!.halfClose('broker');
    },
  },
  {
    name: 'nobody can connect',
    async strike({ proxies }) {
      await Promise.all(proxies.map((proxy) => proxy.refuse()));
      for (const proxy of proxies) proxy.reset();
      await sleep(outageMs);
      await Promise.all(proxies.map((proxy) => proxy.pass()));
    },
  },
  {
    name: 'a broker hangs',
    async strike({ kafka }, pick) {
      const broker = kafka.brokers[pick % kafka.brokers.length]!;
      await broker.pause();
      await sleep(outageMs);
      await broker.resume();
    },
  },
  {
    name: 'a broker is killed',
    async strike({ kafka }, pick) {
      const broker = kafka.brokers[pick % kafka.brokers.length]!;
      await broker.kill();
      await broker.start();
    },
  },
  {
    name: 'too few replicas are in sync',
    three: true,
    async strike({ kafka }, pick) {
      const down = kafka.brokers.filter((_, index) => index !== pick % 3);
      await Promise.all(down.map((broker) => broker.kill()));
      await sleep(outageMs);
      await Promise.all(down.map((broker) => broker.start()));
    },
  },
  { name: 'the Receiver is killed', strike: ({ restartReceiver }) => restartReceiver() },
  {
    name: 'the Receiver is killed while Kafka is away',
    async strike({ proxies, restartReceiver }) {
      for (const proxy of proxies) proxy.stall('toBroker');
      await sleep(outageMs);
      const restarted = restartReceiver();
      await sleep(500);
      await Promise.all(proxies.map((proxy) => proxy.pass()));
      await restarted;
    },
  },
];

/** Those of the short form once each, or by chance. */
function planned(): readonly Fault[] {
  if (rounds === 0) return faults.filter(({ three }) => three === undefined);
  return Array.from({ length: rounds }, (_, n) => faults[pick(n) % faults.length]!);
}

/** The same for a seed (Knuth's multiplicative hash). */
function pick(n: number): number {
  return Math.imul(seed * 7_919 + n + 1, 2_654_435_761) >>> 8;
}

test.skipIf(givenBootstrap())(
  'whatever is killed, cut off or stuck: each 200 is stored, whole, once, and nothing that was refused is',
  async () => {
    await using proxied = await startProxiedKafka(startKafka, { brokers: rounds > 0 ? 3 : 1 });
    const { kafka, proxies, bootstrap } = proxied;
    const topic = 'raw';
    await kafka.createTopic(topic, { partitions: 4, configs: { 'max.message.bytes': '2000000' } });
    const folder = mkdtempSync(join(tmpdir(), 'penstock-durability-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [patient, hasty] = [newKey('shop', ''), newKey('mail', '', true)];
    for (const { stored } of [patient, hasty]) await addKey(join(folder, 'keys'), stored);
    const env = {
      RAW_TOPIC: topic,
      DELIVERY_TIMEOUT_MS: String(deliveryTimeoutMs),
      QUEUE_AGE_MAX_MS: '1500',
      KEYS_FILE: join(folder, 'keys'),
      SPOOL_DIR: join(folder, 'spool'),
    };
    const world: World = {
      ...{ kafka, proxies },
      receiver: await startReceiverProcess(bootstrap, env),
      async restartReceiver() {
        process.kill(world.receiver.pid, 'SIGKILL');
        await world.receiver.exited;
        world.receiver = await startReceiverProcess(bootstrap, env);
      },
    };

    const ledger = new Ledger();
    const sender = (name: string, { key: apiKey }: { key: string }, retries: boolean) =>
      ledger.send({ url: () => world.receiver.url, name, apiKey, retries });
    const senders = [
      ...Array.from({ length: 12 }, (_, n) => sender(`patient-${n}`, patient, true)),
      ...Array.from({ length: 4 }, (_, n) => sender(`hasty-${n}`, hasty, false)),
    ];
    const inKafka = () => ledger.count((answer) => answer === '200 kafka');
    await expect.poll(inKafka).toBeGreaterThan(50);
    for (const [n, fault] of planned().entries()) {
      const before = { acknowledged: ledger.count(isStored), all: ledger.count(() => true) };
      await fault.strike(world, pick(n));
      const [sinceMs, then] = [performance.now(), inKafka()];
      await expect
        .poll(inKafka, { interval: 10, timeout: 120_000, message: fault.name })
        .toBeGreaterThan(then + 20);
      if (rounds === 0) continue;
      const stored = ledger.count(isStored) - before.acknowledged;
      const refused = ledger.count(() => true) - before.all - stored;
      const recoveredMs = Math.round(performance.now() - sinceMs);
      process.stdout.write(
        `${fault.name}: ${stored} stored, ${refused} refused, back in ${recoveredMs} ms\n`,
      );
    }
    ledger.stop();
    await Promise.all(senders);
    const status = async () => (await (await fetch(`${world.receiver.operations}/status`)).json()) as object;
    await expect.poll(status, { timeout: 120_000 }).toMatchObject({ spool: { mode: 'direct', bytes: 0 } });
    world.receiver.terminate();
    expect(await world.receiver.exited).toBe(0);

    const stored = new Map<string, number>();
    for (const { value } of await kafka.consoleConsume(topic)) {
      stored.set(String(value), (stored.get(String(value)) ?? 0) + 1);
    }
    // Kafka may have what it gave no outcome for, and a Receiver that dies in a replay repeats its chunk.
    const spare = ({ answers }: { answers: string[] }) => (answers.includes('200 spool') ? 2 : 0);
    expect(judge(ledger, stored, spare)).toEqual({ lost: [], doubled: [], lied: [] });
    expect([...stored.keys()].filter((body) => !ledger.entries.some((entry) => entry.body === body))).toEqual(
      [],
    );
    expect(
      ledger.entries.filter(({ body, answers }) => body.includes('patient') && !isStored(answers.at(-1)!)),
    ).toEqual([]);
    expect(ledger.count((answer) => answer === '200 spool')).toBeGreaterThan(0);
    expect(ledger.slowestMs).toBeLessThan(deliveryTimeoutMs + 10_000);
    const codes = new Set(
      ledger.entries.flatMap(({ answers }) => answers).filter((answer) => !isStored(answer)),
    );
    const honest = [
      'no answer',
      'kafka-late',
      'kafka-refused',
      'overloaded',
      'partition-overloaded',
      'memory-full',
    ];
    expect([...codes].filter((code) => !honest.includes(code))).toEqual([]);
  },
  (rounds || 1) * 300_000,
);
