import type { TestKafka } from '@penstock/test-broker';
import { freePort } from '@penstock/test-process';
import { PipelineService } from './pipeline-service.ts';
import { createPipelineTopics } from './pipeline-topics.ts';
import { packageOf, type PipelineServiceName, serviceEnvironment } from './service-environment.ts';

export interface PipelineOptions {
  datacenter: TestKafka;
  master: TestKafka;
  partitions: number;
  replicationFactor: 1 | 3;
  /** Default: as the datacenter. */
  masterReplicationFactor?: 1 | 3;
  logFolder: string;
  /** More of the Receiver's environment. */
  receiverEnv?: Record<string, string>;
}

/** A datacenter's services and its Mirror, as processes, ready. */
export interface Pipeline extends AsyncDisposable {
  receiverUrl: string;
  receiver: PipelineService;
  filter: PipelineService;
  mirror: PipelineService;
}

/** Creates the topics, writes the link's genesis and starts Receiver, Input Filter and Mirror. */
export async function startPipeline(options: PipelineOptions): Promise<Pipeline> {
  const { replicationFactor, masterReplicationFactor = replicationFactor, partitions } = options;
  await createPipelineTopics(partitions, {
    datacenter: { bootstrap: options.datacenter.bootstrap, replicationFactor },
    master: { bootstrap: options.master.bootstrap, replicationFactor: masterReplicationFactor },
  });
  const receiverPort = await freePort();
  const receiver = service(options, 'receiver', {
    PENSTOCK_RECEIVER_LISTEN: `127.0.0.1:${receiverPort}`,
    ...options.receiverEnv,
  });
  const filter = service(options, 'filter');
  const mirror = service(options, 'mirror');
  const all = [receiver, filter, mirror];
  const dispose = async (): Promise<void> => {
    await Promise.all(all.map((process) => process[Symbol.asyncDispose]()));
  };
  try {
    await mirror.run('init');
    await Promise.all(all.map((process) => process.start()));
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    receiverUrl: `http://127.0.0.1:${receiverPort}`,
    receiver,
    filter,
    mirror,
    [Symbol.asyncDispose]: dispose,
  };
}

function service(
  options: PipelineOptions,
  name: PipelineServiceName,
  env: Record<string, string> = {},
): PipelineService {
  const { replicationFactor, masterReplicationFactor = replicationFactor } = options;
  return new PipelineService({
    service: packageOf[name],
    logFile: `${options.logFolder}/${name}.log`,
    env: {
      ...serviceEnvironment(name, 1, {
        datacenter: { bootstrap: options.datacenter.bootstrap, replicationFactor },
        master: { bootstrap: options.master.bootstrap, replicationFactor: masterReplicationFactor },
      }),
      ...env,
    },
  });
}
