import { openAdmin } from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';
import { datacenterTopics, masterTopics } from '@penstock/topics';
import { freePort } from './free-port.ts';
import { PipelineService } from './pipeline-service.ts';

export interface PipelineOptions {
  datacenter: TestKafka;
  master: TestKafka;
  partitions: number;
  replicationFactor: 1 | 3;
  /** Default: as the datacenter. */
  masterReplicationFactor?: 1 | 3;
  logFolder: string;
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
  await createTopics(options);
  const receiverPort = await freePort();
  const datacenter = options.datacenter.bootstrap.join(',');
  const { replicationFactor, masterReplicationFactor = replicationFactor } = options;
  const allowed = replicationFactor === 3 ? 'refused' : 'allowed';
  const allowedInMaster = masterReplicationFactor === 3 ? 'refused' : 'allowed';
  const receiver = service(options, 'receiver', {
    PENSTOCK_RECEIVER_LISTEN: `127.0.0.1:${receiverPort}`,
    PENSTOCK_RECEIVER_DC: 'fra',
    PENSTOCK_RECEIVER_KEY_SALT: 'end-to-end-salt-of-32-characters',
    PENSTOCK_RECEIVER_STOP_LINGER_MS: '0',
    PENSTOCK_KAFKA_BOOTSTRAP: datacenter,
    PENSTOCK_KAFKA_SINGLE_REPLICA: allowed,
  });
  const filter = service(options, 'filter', {
    PENSTOCK_FILTER_INSTANCE: 'filter-1',
    PENSTOCK_KAFKA_BOOTSTRAP: datacenter,
    PENSTOCK_KAFKA_SINGLE_REPLICA: allowed,
  });
  const mirror = service(options, 'mirror', {
    PENSTOCK_MIRROR_INSTANCE: 'mirror-1',
    PENSTOCK_MIRROR_LINK: 'fra',
    PENSTOCK_MIRROR_SHARDS: '2',
    PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: datacenter,
    PENSTOCK_MIRROR_SOURCE_KAFKA_SINGLE_REPLICA: allowed,
    PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: options.master.bootstrap.join(','),
    PENSTOCK_MIRROR_TARGET_KAFKA_SINGLE_REPLICA: allowedInMaster,
  });
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

async function createTopics(options: PipelineOptions): Promise<void> {
  const { datacenter, master, partitions, replicationFactor } = options;
  const { masterReplicationFactor = replicationFactor } = options;
  await using there = await openAdmin({ bootstrap: datacenter.bootstrap, clientId: 'e2e' });
  await there.createTopics(datacenterTopics({ partitions, replicationFactor }));
  await using here = await openAdmin({ bootstrap: master.bootstrap, clientId: 'e2e' });
  await here.createTopics(masterTopics({ partitions, replicationFactor: masterReplicationFactor }));
}

function service(
  options: PipelineOptions,
  name: 'receiver' | 'filter' | 'mirror',
  env: Record<string, string>,
): PipelineService {
  return new PipelineService({
    service: name === 'filter' ? 'input-filter' : name,
    logFile: `${options.logFolder}/${name}.log`,
    env: { ...env, [`PENSTOCK_${name.toUpperCase()}_OPERATIONS_LISTEN`]: '127.0.0.1:0' },
  });
}
