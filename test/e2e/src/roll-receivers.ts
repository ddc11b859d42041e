// A program of its own, so that it can run in a network of its own: three Receivers share a port
// (SO_REUSEPORT) and are restarted one after another by SIGTERM, under load. Says in one line of JSON what
// their clients met and how it compares with what is stored.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openCluster, readTopic } from '@penstock/kafka';
import { bodyOf } from '@penstock/load';
import { startKafka } from '@penstock/test-broker';
import { freePort, type Exit } from '@penstock/test-process';
import { startCrowd, type Crowd } from './open-loop.ts';
import { PipelineService } from './pipeline-service.ts';
import { createPipelineTopics } from './pipeline-topics.ts';
import { serviceEnvironment } from './service-environment.ts';

export interface Rolled {
  /** How often requests ended so. */
  outcomes: Record<string, number>;
  exits: (Exit | undefined)[];
  /** Answered 200 and not in the raw topic. */
  lost: number;
  /** In the raw topic more than once, or without a 200. */
  surplus: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1' },
    fresh: { type: 'string', default: '200' },
  },
});
await using cleanup = new AsyncDisposableStack();
const logFolder = await mkdtemp(join(tmpdir(), 'penstock-rolling-receivers-'));
cleanup.defer(() => rm(logFolder, { recursive: true, force: true }));
const kafka = cleanup.use(await startKafka({ name: 'datacenter' }));
const cluster = { bootstrap: kafka.bootstrap, replicationFactor: 1 } as const;
const clusters = { datacenter: cluster, master: cluster };
await createPipelineTopics(4, clusters);
const port = await freePort();
const receivers = [1, 2, 3].map((instance) => cleanup.use(receiverOf(instance)));
await Promise.all(receivers.map((receiver) => receiver.start()));

const crowd = startCrowd({
  port,
  kept: { clients: 40, everyMs: 200 },
  freshPerSecond: Number(values.fresh),
});
const exits: Rolled['exits'] = [];
await answers(crowd, 200);
for (let round = 0; round < Number(values.rounds); round += 1) {
  for (const receiver of receivers) {
    exits.push(await receiver.stop());
    await receiver.start();
  }
}
await answers(crowd, crowd.acknowledged.length + 200);
await crowd.stop();
process.stdout.write(`${JSON.stringify(await compared(crowd))}\n`);

function receiverOf(instance: number): PipelineService {
  const env = {
    ...serviceEnvironment('receiver', instance, clusters),
    PENSTOCK_RECEIVER_LISTEN: `127.0.0.1:${port}`,
    PENSTOCK_RECEIVER_REUSE_PORT: 'true',
    // Each client asks several times meanwhile, and hears that it is to connect elsewhere.
    PENSTOCK_RECEIVER_STOP_LINGER_MS: '2000',
    // A busy machine is no overload.
    PENSTOCK_RECEIVER_QUEUE_AGE_MAX_MS: '60000',
    PENSTOCK_RECEIVER_DELIVERY_TIMEOUT_MS: '60000',
    PENSTOCK_RECEIVER_STOP_TIMEOUT_MS: '120000',
  };
  return new PipelineService({ service: 'receiver', env, logFile: join(logFolder, `${instance}.log`) });
}

async function answers({ acknowledged, outcomes }: Crowd, count: number): Promise<void> {
  const untilAt = performance.now() + 120_000;
  while (acknowledged.length < count) {
    if (performance.now() > untilAt)
      throw new Error(`not ${count} answers: ${JSON.stringify([...outcomes])}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function compared({ acknowledged, outcomes }: Crowd): Promise<Rolled> {
  await using judge = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'e2e-judge' });
  const stored = new Map<string, number>();
  const read = (body: string): unknown => stored.set(body, (stored.get(body) ?? 0) + 1);
  await readTopic(judge, 'events.raw', (record) => void read(bodyOf(record).toString()), {
    timeoutMs: 180_000,
  });
  const records = [...stored.values()].reduce((sum, count) => sum + count, 0);
  const lost = acknowledged.filter((body) => !stored.has(body)).length;
  return {
    ...{ outcomes: Object.fromEntries(outcomes), exits, lost },
    surplus: records - (acknowledged.length - lost),
  };
}
