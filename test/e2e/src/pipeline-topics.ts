import { openAdmin } from '@penstock/kafka';
import { datacenterTopics, masterTopics } from '@penstock/topics';
import type { PipelineClusters } from './service-environment.ts';

/** Makes the topics of a datacenter and of the master, all with so many partitions. */
export async function createPipelineTopics(
  partitions: number,
  { datacenter, master }: PipelineClusters,
): Promise<void> {
  await using there = await openAdmin({ bootstrap: datacenter.bootstrap, clientId: 'e2e' });
  await there.createTopics(datacenterTopics({ partitions, replicationFactor: datacenter.replicationFactor }));
  await using here = await openAdmin({ bootstrap: master.bootstrap, clientId: 'e2e' });
  await here.createTopics(masterTopics({ partitions, replicationFactor: master.replicationFactor }));
}
