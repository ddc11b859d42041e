import { serviceEntries, clusterEntry } from './describe-demo.ts';
import { keepBrokerLogs, linkBrokerLogs, writeClusterFile } from './demo-folder.ts';
import { provision } from './provision.ts';
import { startCluster, stopTimeoutMs } from './start-clusters.ts';
import type { Pipeline } from './start-pipeline.ts';
import { mirrorEnv, startServices, untilReady } from './start-services.ts';
import { topics } from './topic-names.ts';

/** A datacenter as its clients and readers reach it. */
export interface Site {
  name: string;
  receiverUrl: string;
  bootstrap: readonly string[];
}

/** In the order of their coming; the first is the demo's own. */
export const siteNames = ['fra', 'nyc', 'sin', 'gru'] as const;

/**
 * One more datacenter beside the first, with its link to the same master. It is put on `stack`. The second
 * answer is aborted when one of its services has ended.
 */
export async function startSite(
  name: string,
  { clusters: { master }, privileges, kafka, folder, file, halt }: Pipeline,
  stack: AsyncDisposableStack,
): Promise<{ site: Site; died: AbortSignal }> {
  const datacenter = stack.use(await startCluster(name, kafka, privileges));
  await linkBrokerLogs(folder.logs, name, datacenter);
  stack.defer(async () => {
    await Promise.all(datacenter.brokers.map((broker) => broker.stop({ timeoutMs: stopTimeoutMs })));
    await keepBrokerLogs(folder.logs, name, datacenter);
  });
  halt.throwIfAborted();
  const clusters = { datacenter, master };
  await provision(clusters, privileges, mirrorEnv(clusters, name));
  halt.throwIfAborted();
  const options = { port: 0, logs: folder.logs, stack, datacenter: name };
  const processes = startServices(clusters, privileges, options);
  const died = AbortSignal.any(Object.values(processes).map((service) => service.died));
  const services = await untilReady(processes, AbortSignal.any([halt, died]));
  const cluster = clusterEntry(folder, name, datacenter, topics.datacenter);
  (file.otherDatacenters ??= []).push({ cluster, services: serviceEntries(services) });
  await writeClusterFile(folder.clusterFile, file);
  return { site: { name, receiverUrl: services.receiverUrl, bootstrap: datacenter.bootstrap }, died };
}
