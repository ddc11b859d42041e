import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventIdPosition, rawHeaders, sampleRequests, type SampleRequest } from '@penstock/events';
import { openAdmin, openCluster, readTopic, type Cluster } from '@penstock/kafka';
import { startKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { freePort, runToEnd, serviceCommand } from '@penstock/test-process';
import { datacenterTopics } from '@penstock/topics';
import { expect, onTestFinished, test } from 'vitest';
import { PipelineService } from '../src/pipeline-service.ts';
import { packageOf, serviceEnvironment } from '../src/service-environment.ts';

// A 200 of the spool is one disk. What the docs say of it: a Receiver that dies in a replay stores copies,
// and the Input Filter makes one event out of them, of whatever format, with an id or without.

test('replayed again, as the Receiver died before it noted it: twice in raw, once in clean', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-spool-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await using proxied = await startProxiedKafka(startKafka, { brokers: 1 });
  const { kafka, bootstrap } = proxied;
  const proxy = proxied.proxies[0]!;
  await using admin = await openAdmin({ bootstrap, clientId: 'spool' });
  await admin.createTopics(datacenterTopics({ partitions: 4, replicationFactor: 1 }));
  const port = await freePort();
  const start = service(bootstrap, folder, port);
  const key = await keyThatCannotRetry(start('receiver', {}).env);
  const url = `http://127.0.0.1:${port}`;

  // Nobody can connect to Kafka: everything goes to the disk, and this Receiver never gets rid of it.
  await using first = start('receiver', { PENSTOCK_RECEIVER_DELIVERY_TIMEOUT_MS: '1500' }).service;
  await first.start();
  await proxy.refuse();
  proxy.reset();
  const samples = sampleRequests({ nowMs: Date.now() }).filter(({ expected }) =>
    expected.every(({ kind }) => kind === 'clean'),
  );
  const stored = await Promise.all(samples.map((sample) => post(url, key, sample)));
  expect(stored).toEqual(samples.map(() => '200 spool'));
  await first.kill();

  // The next one sends it all; one answer does not come back, so it notes no position before it dies.
  await proxy.pass();
  const answer = proxy.dropNextResponse({ apiKey: apiKeys.produce, thenCut: false });
  await using judge = await openCluster({ bootstrap, clientId: 'e2e-judge' });
  await using second = start('receiver').service;
  await second.start();
  await answer.struck;
  await expect.poll(async () => (await copiesIn(judge)).size).toBe(samples.length);
  await second.kill();
  expect(copiesOf(await copiesIn(judge))).toEqual([1]);

  const events = samples.flatMap(({ expected }) => expected).length;
  await using filter = start('filter', { PENSTOCK_FILTER_GEOIP_DATABASES: 'none' }).service;
  await filter.start();
  await expect.poll(() => outcomesOf(filter)).toMatchObject({ clean: events, duplicate: 0 });

  await using third = start('receiver').service;
  await third.start();
  await expect.poll(() => third.process?.status()).toMatchObject({ spool: { mode: 'direct', bytes: 0 } });
  expect(copiesOf(await copiesIn(judge))).toEqual([2]);
  await expect.poll(() => outcomesOf(filter)).toMatchObject({ clean: events, duplicate: events });

  const clean = await kafka.consoleConsume('events.clean');
  const ids = clean.map(({ value }) => value!.toString('hex', eventIdPosition, eventIdPosition + 16));
  expect(ids).toHaveLength(events);
  expect(new Set(ids).size).toBe(events);
  const given = samples.flatMap(({ expected }) => expected.flatMap(idOf));
  expect(given.filter((id) => !ids.includes(id))).toEqual([]);
});

/** Starts services of one datacenter; the Receivers share an address, the keys and the spool. */
function service(bootstrap: readonly string[], folder: string, port: number) {
  const cluster = { bootstrap, replicationFactor: 1 } as const;
  return (name: 'receiver' | 'filter', more: Record<string, string> = {}) => {
    const env = {
      ...serviceEnvironment(name, 1, { datacenter: cluster, master: cluster }),
      ...(name === 'receiver' && {
        PENSTOCK_RECEIVER_LISTEN: `127.0.0.1:${port}`,
        PENSTOCK_RECEIVER_KEYS_FILE: join(folder, 'keys'),
        PENSTOCK_RECEIVER_SPOOL_DIR: join(folder, 'spool'),
        // The answer that never comes must not be given up before the process is killed.
        PENSTOCK_RECEIVER_DELIVERY_TIMEOUT_MS: '100000',
        PENSTOCK_RECEIVER_STOP_TIMEOUT_MS: '120000',
      }),
      ...more,
    };
    const logFile = join(folder, `${name}.log`);
    return { env, service: new PipelineService({ service: packageOf[name], env, logFile }) };
  };
}

async function keyThatCannotRetry(env: Record<string, string>): Promise<string> {
  const command = serviceCommand('receiver', 'keys', 'add', '--tenant', 'mail', '--cannot-retry');
  const { stdout, stderr } = await runToEnd(command, { env });
  const key = /^key: +(\S+)$/m.exec(stdout)?.[1];
  if (key === undefined) throw new Error(`no key was made:\n${stdout}${stderr}`);
  return key;
}

/** The status, and where it is stored. */
async function post(url: string, key: string, { method, path, contentType, body }: SampleRequest) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(contentType !== null && { 'content-type': contentType }) },
    ...(method === 'POST' && { body: new Uint8Array(body) }),
  });
  await response.arrayBuffer();
  return `${response.status} ${response.headers.get('penstock-stored')}`;
}

/** How often raw holds each request, by the id that its Receiver gave it. */
async function copiesIn(cluster: Cluster): Promise<Map<string, number>> {
  const copies = new Map<string, number>();
  await readTopic(cluster, 'events.raw', (record) => {
    const id = String(record.headers().find(([name]) => name === rawHeaders.requestId)?.[1]);
    copies.set(id, (copies.get(id) ?? 0) + 1);
  });
  return copies;
}

function copiesOf(copies: ReadonlyMap<string, number>): number[] {
  return [...new Set(copies.values())];
}

/** Of events, as the Input Filter counts them. */
async function outcomesOf(filter: PipelineService): Promise<Record<string, number>> {
  const exposition = (await filter.process?.ask('/metrics'))?.text ?? '';
  const counted = exposition.matchAll(/^penstock_input_filter_outcomes_total\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...counted].map(([, outcome, count]) => [outcome, Number(count)]));
}

function idOf(outcome: SampleRequest['expected'][number]): string[] {
  const given = outcome.kind === 'clean' ? outcome.eventId : null;
  return given === null ? [] : [given.replaceAll('-', '').toLowerCase()];
}
