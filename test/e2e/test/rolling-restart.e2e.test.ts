import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCluster } from '@penstock/kafka';
import type { Cluster } from '@penstock/kafka';
import { isClean, send } from '@penstock/load';
import { brokerKind, startKafka } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import { judgeMaster, settled } from '../src/master-truth.ts';
import { startPipeline } from '../src/pipeline.ts';
import { byRunner, bySu, isRoot, restartOneByOne, startBrokers } from '../src/rolling-brokers.ts';
import type { Restarted, Starter } from '../src/rolling-brokers.ts';

// docs/runbooks/rolling-restart.md, done to a datacenter's three brokers while its pipeline is under load;
// and what the job of the incident makes of the same. Either way nothing acknowledged is lost or doubled:
// that is acks=all's and the transactions' doing.

const possible = isRoot && brokerKind() === 'jvm';

test.skipIf(!possible)(
  'as root: brokers under the Runner, restarted one by one under load, shut down cleanly and lose nothing',
  async () => {
    const restarts = await restartUnderLoad(await byRunner());
    expect(restarts).toEqual(Array<Restarted>(3).fill({ leftLeading: 0, shutdown: 'clean', recovered: 0 }));
  },
  300_000,
);

test.skipIf(!possible)(
  'as root: under su they are killed after 2 s and read their logs again, and even so lose nothing',
  async () => {
    const restarts = await restartUnderLoad(bySu());
    for (const { shutdown, recovered } of restarts) {
      expect(shutdown).toBe('unclean');
      expect(recovered).toBeGreaterThan(0);
    }
  },
  300_000,
);

async function restartUnderLoad(starter: Starter): Promise<Restarted[]> {
  const logFolder = await mkdtemp(join(tmpdir(), 'penstock-rolling-'));
  onTestFinished(() => rm(logFolder, { recursive: true, force: true }));
  const datacenter = await startBrokers(starter);
  const master = await startKafka({ name: 'master' });
  onTestFinished(() => master[Symbol.asyncDispose]());
  const topics = { partitions: 8, replicationFactor: 3, masterReplicationFactor: 1 } as const;
  const pipeline = await startPipeline({ datacenter, master, ...topics, logFolder });
  onTestFinished(() => pipeline[Symbol.asyncDispose]());

  const enough = new AbortController();
  const url = pipeline.receiverUrl;
  const sending = send({
    urls: [url],
    seed: 1,
    events: 1_000_000,
    clients: 16,
    eventsPerRequest: 20,
    rate: [{ eventsPerSecond: 1_000 }],
    signal: enough.signal,
  });
  const restarts = await restartOneByOne(datacenter, starter).finally(() => enough.abort());
  const { ledger } = await sending;

  const here = await clientOf(master);
  await settled(await clientOf(datacenter), here);
  const verdict = await judgeMaster(ledger, { kafka: master, cluster: here });
  expect(verdict.examples).toEqual([]);
  expect(isClean(verdict)).toBe(true);
  expect(ledger.count('acknowledged', 'clean')).toBeGreaterThan(5_000);
  return restarts;
}

async function clientOf(kafka: TestKafka): Promise<Cluster> {
  const client = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'e2e-judge' });
  onTestFinished(() => client[Symbol.asyncDispose]());
  return client;
}
