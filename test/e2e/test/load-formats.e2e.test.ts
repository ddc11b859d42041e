import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster, readTopic } from '@penstock/kafka';
import { bodyOf } from '@penstock/load';
import { startKafka, type TestKafka } from '@penstock/test-broker';
import { type CommandResult, runToEnd, serviceCommand } from '@penstock/test-process';
import { expect, onTestFinished, test } from 'vitest';
import type { PipelineService } from '../src/pipeline-service.ts';
import { startPipeline, type Pipeline } from '../src/pipeline.ts';
import { serviceEnvironment } from '../src/service-environment.ts';

// `npm run load` as a person runs it, on a real pipeline that asks for API keys: every way in which a client
// can send its events.

const events = 1_500;

test.skipIf(process.platform !== 'linux')(
  'every shape of request, Avro too, is verified by the ledger, and its report shows the way',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-load-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const datacenter = await cluster('datacenter');
    const master = await cluster('master');
    const pipeline = await started(datacenter, master, folder);
    await knowsItsLag(pipeline.filter);
    const ledger = ['--ledger', join(folder, 'load.ledger')];
    const url = ['--url', pipeline.receiverUrl];

    const refused = await load(['send', ...url, '--events', '40', '--ledger', join(folder, 'refused')]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('All 40 events were refused with 401: the Receiver asks for an API key');

    const sent = await load([
      ...['send', ...url, '--api-key-file', join(folder, 'key'), '--rate', `${events / 5}x5`],
      ...['--seed', '5', ...ledger],
      ...['--formats', '1,2,3,4,avro=3,pixel=6,beacon=6', '--per-request', '10', '--clients', '8'],
      ...['--compressed', '0.3', '--fixable', '0.1', '--rejected', '0.1', '--twice', '0.1', '--json'],
      ...['--report', join(folder, 'run.html'), '--processes', processesOf(pipeline)],
      ...['--operations', operationsOf(pipeline)],
    ]);
    expect(sent.exitCode, sent.stderr).toBe(0);
    expect(JSON.parse(sent.stdout)).toMatchObject({
      total: { acknowledged: events, refused: 0, unknown: 0 },
    });
    await looksAtReport(folder);
    expect(await avroRequests(datacenter)).toBeGreaterThan(10);

    const clusters = [
      '--bootstrap',
      master.bootstrap.join(','),
      '--datacenter',
      datacenter.bootstrap.join(','),
    ];
    const verified = await load(['verify', ...clusters, ...ledger, '--wait', '300', '--json']);
    const verdict = JSON.parse(verified.stdout) as { arrived: number; toBeRejected: number };
    expect(verdict).toMatchObject({
      lost: 0,
      doubled: 0,
      changed: 0,
      phantom: 0,
      outOfOrder: 0,
      examples: [],
    });
    expect(verdict).toMatchObject({ rejected: verdict.toBeRejected, arrived: events - verdict.toBeRejected });
    expect(verdict.toBeRejected).toBeGreaterThan(events / 20);
    expect(verified.exitCode, verified.stderr).toBe(0);
  },
);

async function cluster(name: string): Promise<TestKafka> {
  const kafka = await startKafka({ name });
  onTestFinished(() => kafka[Symbol.asyncDispose]());
  return kafka;
}

async function started(datacenter: TestKafka, master: TestKafka, logFolder: string): Promise<Pipeline> {
  const topics = { partitions: 2, replicationFactor: 1 } as const;
  const receiverEnv = { PENSTOCK_RECEIVER_KEYS_FILE: join(logFolder, 'keys') };
  await makeKey(join(logFolder, 'key'), datacenter, receiverEnv);
  const pipeline = await startPipeline({ datacenter, master, ...topics, logFolder, receiverEnv });
  onTestFinished(() => pipeline[Symbol.asyncDispose]());
  return pipeline;
}

/** Adds a key to the Receiver's file, and writes it into the sender's. */
async function makeKey(file: string, kafka: TestKafka, env: Record<string, string>): Promise<void> {
  const cluster = { bootstrap: kafka.bootstrap, replicationFactor: 1 } as const;
  const { stdout, stderr } = await runToEnd(serviceCommand('receiver', 'keys', 'add', '--tenant', 'shop'), {
    env: { ...serviceEnvironment('receiver', 1, { datacenter: cluster, master: cluster }), ...env },
  });
  const key = /^key: +(\S+)$/m.exec(stdout)?.[1];
  if (key === undefined) throw new Error(`no key was made:\n${stdout}${stderr}`);
  await writeFile(file, `${key}\n`);
}

/** A Filter is ready before it has read back what its partitions begin with, and has no lag until then. */
async function knowsItsLag({ process: filter }: PipelineService): Promise<void> {
  const tellsLag = async (): Promise<boolean> =>
    (await filter?.ask('/metrics'))?.text.includes('\npenstock_input_filter_lag_seconds{') ?? false;
  await filter?.until(tellsLag, 'its metrics have a lag');
}

function load(args: readonly string[]): Promise<CommandResult> {
  const main = join(import.meta.dirname, '../../load/src/main.ts');
  return runToEnd([process.execPath, main, ...args], { name: `load ${args[0]}`, timeoutMs: 600_000 });
}

function processesOf({ receiver, filter, mirror }: Pipeline): string {
  const pids = Object.entries({ receiver, filter, mirror });
  return pids.map(([name, service]) => `the ${name}=${service.process?.pid}`).join(',');
}

function operationsOf({ filter, mirror }: Pipeline): string {
  return [filter, mirror].map((service) => service.process?.operations).join(',');
}

/** The page has what its figures have: CPU and memory of each process, and lag where there is one. */
async function looksAtReport(folder: string): Promise<void> {
  const page = await readFile(join(folder, 'run.html'), 'utf8');
  const figures = JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')) as {
    processes: { processes: Record<string, { rssMb: number }>; lagSeconds: Record<string, number> }[];
  };
  const names = ['the receiver', 'the filter', 'the mirror', 'this sender', 'input-filter', 'mirror'];
  const seen = figures.processes.flatMap(({ processes }) => Object.keys(processes));
  expect(seen).toEqual(expect.arrayContaining(names));
  const lags = figures.processes.flatMap(({ lagSeconds }) => Object.keys(lagSeconds));
  expect(lags).toEqual(expect.arrayContaining(['input-filter', 'mirror']));
  for (const title of ['Lag', 'CPU of the processes', 'Memory of the processes']) {
    expect(page).toContain(`<figcaption>${title}`);
  }
}

/** Requests in raw whose body is single-object Avro, by the bytes themselves. */
async function avroRequests(kafka: TestKafka): Promise<number> {
  let count = 0;
  await using client = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'e2e-judge' });
  await readTopic(client, 'events.raw', (record) => {
    if (bodyOf(record).subarray(0, 2).equals(Buffer.of(0xc3, 0x01))) count++;
  });
  return count;
}
