import { listOffsets, openCluster } from '@penstock/kafka';
import { createLog, Metrics, readConfig } from '@penstock/service';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { violations, type FindingKind, type Hop } from '../src/account/findings.ts';
import { knobs, type ProberConfig } from '../src/config.ts';
import { Prober } from '../src/prober.ts';
import {
  startBrokenPipeline,
  type BrokenPipeline,
  type Fault,
  type PipelineTopics,
} from './broken-pipeline.ts';
import { makeAnew } from './make-anew.ts';

const log = createLog({ service: 'prober', level: 'fatal' });

interface Scene {
  readonly pipeline: BrokenPipeline;
  readonly config: ProberConfig;
  /** What was found, such as `lost clean`. */
  readonly found: Set<string>;
  start(): Promise<Prober>;
}

async function setScene(env: Record<string, string> = {}): Promise<Scene> {
  const kafka = await sharedKafka();
  const name = uniqueName('prober');
  const topics: PipelineTopics = { raw: `${name}.raw`, clean: `${name}.clean`, master: `${name}.master` };
  for (const topic of Object.values(topics)) await kafka.createTopic(topic, { partitions: 2 });
  const pipeline = await startBrokenPipeline(kafka.bootstrap, topics);
  onTestFinished(() => pipeline[Symbol.asyncDispose]());
  const config = readConfig(knobs, {
    prefixes: ['PENSTOCK_PROBER_'],
    env: {
      PENSTOCK_PROBER_RECEIVERS: `fra=${pipeline.url}`,
      PENSTOCK_PROBER_KAFKA_BOOTSTRAP: kafka.bootstrap.map((address) => `fra=${address}`).join(','),
      PENSTOCK_PROBER_MASTER_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
      PENSTOCK_PROBER_RAW_TOPIC: topics.raw,
      PENSTOCK_PROBER_CLEAN_TOPIC: topics.clean,
      PENSTOCK_PROBER_MASTER_TOPIC: topics.master,
      PENSTOCK_PROBER_EVENTS_PER_MINUTE: '1800',
      PENSTOCK_PROBER_KEYS: '6',
      PENSTOCK_PROBER_DEADLINE_MS: '3000',
      ...env,
    },
  });
  const found = new Set<string>();
  return {
    ...{ pipeline, config, found },
    async start() {
      const prober = await Prober.start({
        ...{ config, log, metrics: new Metrics('prober') },
        fail: (error) => void found.add(`failed: ${String(error)}`),
        onFinding: ({ kind, hop }) => found.add(`${kind} ${hop}`),
      });
      onTestFinished(() => prober[Symbol.asyncDispose]());
      prober.senders.start();
      return prober;
    },
  };
}

const broken = (found: ReadonlySet<string>): string[] =>
  [...found].filter((one) => violations.has(one.split(' ')[0] as FindingKind) || one.startsWith('failed'));

const within = { timeout: 40_000, interval: 50 };

test.each<[Fault, Hop, string]>([
  ['drop', 'raw', 'lost raw'],
  ['drop', 'clean', 'lost clean'],
  ['drop', 'master', 'lost master'],
  ['double', 'raw', 'duplicate raw'],
  ['double', 'clean', 'duplicate clean'],
  ['double', 'master', 'duplicate master'],
  ['alter', 'clean', 'mismatch clean'],
  ['alter', 'master', 'mismatch master'],
  ['reorder', 'raw', 'reordered raw'],
  ['reorder', 'clean', 'reordered clean'],
  ['reorder', 'master', 'reordered master'],
  ['delay', 'clean', 'late clean'],
  ['delay', 'master', 'late master'],
])('a pipeline that can %s records on their way into %s is found out: %s', async (fault, hop, expected) => {
  const { pipeline, found, start } = await setScene();
  await start();
  await vi.waitUntil(() => found.has('ok master'), within);
  expect(broken(found)).toEqual([]);
  pipeline.breakAt(hop, fault);
  await vi.waitUntil(() => found.has(expected), within);
  // Nothing is blamed on the hops before the broken one.
  const order: Hop[] = ['raw', 'clean', 'master'];
  const before = order.slice(0, order.indexOf(hop));
  expect(broken(found).filter((one) => before.some((innocent) => one.endsWith(innocent)))).toEqual([]);
});

test('what the Receiver refused and stored all the same is a phantom', async () => {
  const { pipeline, found, start } = await setScene();
  pipeline.refuseButStore();
  await start();
  await vi.waitUntil(() => found.has('phantom raw') || found.has('ok raw'), within);
  // The refusal may be read after the record: then the record was fine when it came. One of many is enough.
  await vi.waitUntil(
    () => found.has('phantom master') || found.has('phantom clean') || found.has('phantom raw'),
    within,
  );
});

test('a restart from the checkpoint forgets nothing, blames nobody, and uses no number twice', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-prober-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const scene = await setScene({ PENSTOCK_PROBER_CHECKPOINT: join(folder, 'checkpoint.json') });
  const first = await scene.start();
  await vi.waitUntil(() => scene.found.has('ok master'), within);
  await first[Symbol.asyncDispose](); // without a last checkpoint, as a death would leave it
  scene.found.clear();
  const second = await scene.start();
  await vi.waitUntil(() => scene.found.has('ok master') && second.senders.sent > 60, within);
  expect(broken(scene.found)).toEqual([]);
  expect(scene.found.has('unmatched clean')).toBe(false);
});

test('an incident that lasts is known after a restart, with its beginning', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-prober-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const { pipeline, start } = await setScene({ PENSTOCK_PROBER_CHECKPOINT: join(folder, 'checkpoint.json') });
  const first = await start();
  pipeline.breakAt('clean', 'double');
  const lasting = (prober: Prober) => prober.incidents.lasting.find(({ kind }) => kind === 'duplicate');
  await vi.waitUntil(() => lasting(first), within);
  await first.drain();
  await first[Symbol.asyncDispose]();
  const second = await start();
  expect(lasting(second)?.since).toEqual(lasting(first)?.since);
});

test.each([2, 1])(
  'what a master topic has lost that is made anew, with %i partitions, nobody can know, and it is read on',
  async (partitions) => {
    // The probe that is dropped is not judged before the topic is made anew.
    const { pipeline, found, config, start } = await setScene({ PENSTOCK_PROBER_DEADLINE_MS: '15000' });
    await start();
    await vi.waitUntil(() => found.has('ok master'), within);
    const { bootstrap } = config.master;
    const topic = config.topics.master;
    const cluster = await openCluster({ bootstrap, clientId: 'made-anew', log });
    onTestFinished(() => cluster[Symbol.asyncDispose]());
    const recordsIn = async (): Promise<bigint> => {
      const { partitions: all } = await cluster.topic(topic);
      const ends = await listOffsets(cluster, topic, [...all.keys()], 'latest', 'read_committed');
      return [...ends.values()].reduce((sum, { offset }) => sum + offset, 0n);
    };
    // Its offsets begin at 0 again: for a while it is shorter than what was read of the old one.
    await vi.waitUntil(async () => (await recordsIn()) > 60n, within);
    // Of what has not come, nobody can tell whether it was in the old one.
    const dropped = pipeline.harmed;
    pipeline.breakAt('master', 'drop');
    await vi.waitUntil(() => pipeline.harmed > dropped, within);
    pipeline.mend();
    found.clear();
    await makeAnew(bootstrap, cluster, topic, partitions);
    await vi.waitUntil(() => found.has('ok master') && found.has('unjudged master'), within);
    expect(broken(found)).toEqual([]);
  },
);

test('a checkpoint that cannot be written any more is told, and does not end the watch', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-prober-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const { found, start } = await setScene({ PENSTOCK_PROBER_CHECKPOINT: join(disk, 'checkpoint.json') });
  const prober = await start();
  await vi.waitUntil(() => found.has('ok master'), within);
  await rm(disk, { recursive: true });
  await vi.waitUntil(() => prober.notReady().length > 0 || broken(found).length > 0, within);
  expect(broken(found)).toEqual([]);
  expect(prober.notReady()).toEqual([expect.stringContaining('checkpoint.json cannot be written')]);
  await mkdir(disk);
  await vi.waitUntil(() => prober.notReady().length === 0, within);
});

test('an incident begins and ends at the webhook', async () => {
  const told: { status: string; kind: string; hop: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      told.push(JSON.parse(body) as (typeof told)[number]);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { pipeline, start } = await setScene({
    PENSTOCK_PROBER_WEBHOOK_URL: `http://127.0.0.1:${port}/`,
    PENSTOCK_PROBER_QUIET_MS: '1000',
  });
  await start();
  pipeline.breakAt('clean', 'double');
  const has = (status: string): boolean =>
    told.some((one) => one.kind === 'duplicate' && one.status === status);
  await vi.waitUntil(() => has('firing'), within);
  pipeline.breakAt('raw', 'delay'); // another trouble, so that this one ends
  await vi.waitUntil(() => has('resolved'), within);
});
