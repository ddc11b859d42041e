import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster } from '@penstock/kafka';
import type { Cluster } from '@penstock/kafka';
import { isClean, send } from '@penstock/load';
import type { SendProgress } from '@penstock/load';
import { startKafka } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { judgeMaster, settled } from '../src/master-truth.ts';
import { startPipeline } from '../src/pipeline.ts';
import type { Pipeline } from '../src/pipeline.ts';
import { countTopic, reasonsOf } from '../src/topic-truth.ts';

// The promise of the whole pipeline, kept while everything that can be killed is killed. A failing seed
// reproduces the same requests, not the same instants: PENSTOCK_E2E_SEED, PENSTOCK_E2E_EVENTS.

const seed = Number(process.env['PENSTOCK_E2E_SEED'] ?? 20_261_123);
const events = Number(process.env['PENSTOCK_E2E_EVENTS'] ?? 100_000);
const rounds = 3;

test(`${events} events, everything killed ${rounds} times: each once, in order (seed ${seed})`, async () => {
  const logFolder = await mkdtemp(join(tmpdir(), 'penstock-e2e-'));
  const datacenter = await cluster('datacenter');
  const master = await cluster('master');
  const pipeline = await startPipeline({
    datacenter,
    master,
    partitions: 4,
    replicationFactor: 3,
    logFolder,
  });
  onTestFinished(async ({ task }) => {
    if (task.result?.state === 'fail') await showLogs(pipeline, datacenter, master);
    await pipeline[Symbol.asyncDispose]();
    await rm(logFolder, { recursive: true, force: true });
  });

  const abort = new AbortController();
  const progress = new Progress();
  const sending = send({
    urls: [pipeline.receiverUrl],
    seed,
    events,
    clients: 32,
    eventsPerRequest: 20,
    sentTwice: 0.01,
    cutBeforeAnswer: 0.01,
    fixable: 0.05,
    rejected: 0.01,
    rate: [{ eventsPerSecond: 2_500 }],
    signal: abort.signal,
    onProgress: (latest) => progress.note(latest),
  });
  for (let round = 0; round < rounds; round++) {
    await Promise.race([progress.reaches((events * (round + 0.5)) / (rounds + 1)), sending]);
    await killEverythingOnce(pipeline, datacenter, master, round);
  }
  const { ledger } = await sending;
  expect(ledger.count('unknown') + ledger.count('unsent')).toBe(0);
  expect(ledger.header.resends).toBeGreaterThan(0);

  const there = await clusterClient(datacenter);
  const here = await clusterClient(master);
  const expected = await settled(there, here);
  const verdict = await judgeMaster(ledger, { kafka: master, cluster: here });
  expect(verdict.examples).toEqual([]);
  expect(isClean(verdict)).toBe(true);
  expect(verdict.arrived).toBe(ledger.count('acknowledged', 'clean'));

  // The balance: events in = clean + rejected + duplicate, from what is in the topics.
  const clean = await countTopic(there, 'events.clean');
  const reasons = await reasonsOf(there, 'events.rejected');
  const rejected = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  expect({ clean, rejected, reasons }).toMatchObject({ clean: expected.clean, rejected: expected.rejected });
  expect(clean + rejected + expected.duplicates).toBe(expected.events);
  expect(expected.duplicates).toBeGreaterThan(0);
});

/** Lets the killing wait for the sending. */
class Progress {
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  note({ acknowledged }: SendProgress): void {
    for (const { count, resolve } of this.#waiting) if (acknowledged >= count) resolve();
  }

  /** Settles when so many events are acknowledged. */
  reaches(count: number): Promise<void> {
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

async function cluster(name: string): Promise<TestKafka> {
  const kafka = await startKafka({ brokers: 3, name });
  onTestFinished(() => kafka[Symbol.asyncDispose]());
  return kafka;
}

async function clusterClient(kafka: TestKafka): Promise<Cluster> {
  const client = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'e2e-judge' });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}

async function killEverythingOnce(
  pipeline: Pipeline,
  datacenter: TestKafka,
  master: TestKafka,
  round: number,
): Promise<void> {
  for (const service of [pipeline.receiver, pipeline.filter, pipeline.mirror]) {
    await service.kill();
    await service.start();
  }
  for (const kafka of [datacenter, master]) {
    const broker = kafka.brokers[round % kafka.brokers.length]!;
    await broker.kill();
    await sleep(1_000);
    await broker.start();
  }
}

async function showLogs(pipeline: Pipeline, datacenter: TestKafka, master: TestKafka): Promise<void> {
  for (const service of [pipeline.receiver, pipeline.filter, pipeline.mirror]) {
    process.stderr.write(`${service.logTail(40)}\n\n`);
  }
  process.stderr.write(`${datacenter.logs(10)}\n${master.logs(10)}\n`);
}
