import type { ClusterFile } from './cluster-file.ts';
import { describeDemo } from './describe-demo.ts';
import {
  keepBrokerLogs,
  linkBrokerLogs,
  openDemoFolder,
  writeClusterFile,
  type DemoFolder,
} from './demo-folder.ts';
import type { DemoOptions } from '../options.ts';
import { choosePrivileges, type Privileges } from './privileges.ts';
import { provision } from './provision.ts';
import { checkPort } from './receiver-port.ts';
import { say, withProgress } from '../say.ts';
import { checkKafkaCanRun, kafkaFiles, startClusters, type Clusters } from './start-clusters.ts';
import { mirrorEnv, startServices, untilReady, type Services } from './start-services.ts';
import { watchPipeline, type PipelineWatch } from './watch-pipeline.ts';

export interface Pipeline {
  clusters: Clusters;
  services: Services;
  watch: PipelineWatch;
  folder: DemoFolder;
  file: ClusterFile;
  privileges: Privileges;
  kafka: 'jvm' | 'container';
  /**
   * Aborted when the demo is told to stop, and when a service or a reader has ended: nobody needs to wait
   * on.
   */
  halt: AbortSignal;
}

/**
 * Clusters, topics, services, readers, in this order; all of it is put on `stack`, so that it ends in the
 * reverse one: the Receiver, the Input Filter, the Mirror, the brokers. Every step looks at `stop` before
 * the next begins.
 */
export async function startPipeline(
  options: DemoOptions,
  stop: AbortSignal,
  stack: AsyncDisposableStack,
): Promise<Pipeline> {
  const startedAt = new Date();
  const kind = checkKafkaCanRun();
  await checkPort(options.port);
  const folder = await openDemoFolder(options.folder);
  const now: { file?: ClusterFile } = {};
  stack.defer(async () => {
    const stopped = { state: 'stopped', stoppedAt: new Date().toISOString() } as const;
    if (now.file) await writeClusterFile(folder.clusterFile, { ...now.file, ...stopped });
  });
  const privileges = await choosePrivileges(kafkaFiles(kind));
  say(privileges.sentence);
  if (kind === 'container') say('Kafka runs in containers, where the Runner is not needed');
  stop.throwIfAborted();
  const clusters = await bringUpClusters(kind, privileges, folder, stack);
  stop.throwIfAborted();
  await withProgress('creating the topics and the link from the datacenter to the master', () =>
    provision(clusters, privileges, mirrorEnv(clusters)),
  );
  stop.throwIfAborted();
  say('topics have one replica (PENSTOCK_KAFKA_SINGLE_REPLICA=allowed): good for a demo, not for data');
  const processes = startServices(clusters, privileges, { port: options.port, logs: folder.logs, stack });
  const died = Object.values(processes).map((service) => service.died);
  // What waits for a service must not wait on when the demo ends for another reason.
  const over = new AbortController();
  stack.defer(() => over.abort());
  const waiting = AbortSignal.any([stop, over.signal, ...died]);
  const services = await withProgress('starting the Receiver, the Input Filter and the Mirror', () =>
    untilReady(processes, waiting),
  );
  const watch = stack.use(await watchPipeline(clusters));
  const file = describeDemo({ startedAt, folder, privileges, clusters, services });
  now.file = file;
  await writeClusterFile(folder.clusterFile, file);
  const halt = AbortSignal.any([waiting, watch.failed]);
  return { clusters, services, watch, folder, file, privileges, kafka: kind, halt };
}

async function bringUpClusters(
  kind: 'jvm' | 'container',
  privileges: Privileges,
  folder: DemoFolder,
  stack: AsyncDisposableStack,
): Promise<Clusters> {
  const clusters = await withProgress('starting two Kafka clusters of one broker each', () =>
    startClusters(kind, privileges),
  );
  const named = [['fra', clusters.datacenter] as const, ['master', clusters.master] as const];
  for (const [name, cluster] of named) await linkBrokerLogs(folder.logs, name, cluster);
  stack.defer(() =>
    withProgress('stopping both clusters', async () => {
      await clusters.stop();
      for (const [name, cluster] of named) await keepBrokerLogs(folder.logs, name, cluster);
      await clusters[Symbol.asyncDispose]();
    }),
  );
  return clusters;
}
