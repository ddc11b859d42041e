import type { TestKafka } from '@penstock/test-broker';
import { checkout } from '../checkout.ts';
import type { ClusterEntry, ClusterFile, PostedEntry, ServiceEntry } from './cluster-file.ts';
import { brokerLog, type DemoFolder } from './demo-folder.ts';
import type { PostedSample } from '../samples/post-samples.ts';
import type { Privileges } from './privileges.ts';
import type { Clusters } from './start-clusters.ts';
import { datacenterName, type RunningService, type Services } from './start-services.ts';
import { link, topics } from './topic-names.ts';

export function describeDemo(o: {
  startedAt: Date;
  folder: DemoFolder;
  privileges: Privileges;
  clusters: Clusters;
  services: Services;
}): ClusterFile {
  const { folder, clusters, services } = o;
  return {
    state: 'running',
    startedAt: o.startedAt.toISOString(),
    pid: process.pid,
    checkout,
    user: o.privileges.user,
    datacenter: clusterEntry(folder, datacenterName, clusters.datacenter, topics.datacenter),
    master: clusterEntry(folder, 'master', clusters.master, topics.master),
    link,
    services: serviceEntries(services),
    posted: [],
  };
}

export function clusterEntry(
  folder: DemoFolder,
  name: string,
  kafka: TestKafka,
  topicsThere: Record<string, string>,
): ClusterEntry {
  return {
    name,
    bootstrap: kafka.bootstrap,
    topics: { ...topicsThere },
    brokers: kafka.brokers.map(({ id, port, pid, logFile }) => ({
      ...{ id, port, pid: pid ?? null },
      log: logFile === undefined ? null : brokerLog(folder.logs, name),
    })),
  };
}

export function serviceEntries(services: Services): ClusterFile['services'] {
  return {
    receiver: { ...serviceEntry(services.receiver), url: services.receiverUrl },
    'input-filter': serviceEntry(services.filter),
    mirror: serviceEntry(services.mirror),
  };
}

export function serviceEntry({ process: { pid, logFile }, operations }: RunningService): ServiceEntry {
  return { pid: pid ?? null, operations, log: logFile };
}

export function describePosted(posted: readonly PostedSample[]): PostedEntry[] {
  return posted.map(({ number, sample, address, status, requestId, copyOf }) => ({
    ...{ number, title: sample.title, method: sample.method, path: sample.path.split('?')[0] ?? '' },
    ...{ address, status, requestId, copyOf: copyOf ?? null },
    expected:
      copyOf === undefined ? [...sample.expected] : sample.expected.map(() => ({ kind: 'duplicate' })),
  }));
}
