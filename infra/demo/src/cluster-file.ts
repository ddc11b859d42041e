import type { SampleOutcome } from '@penstock/events';
import type { TestKafka } from '@penstock/test-broker';
import { checkout } from './checkout.ts';
import { brokerLog, type DemoFolder } from './demo-folder.ts';
import type { PostedSample } from './post-samples.ts';
import type { Privileges } from './privileges.ts';
import type { Clusters } from './start-clusters.ts';
import { datacenterName, type RunningService, type Services } from './start-services.ts';
import { link, topics } from './topic-names.ts';
import type { Verdict } from './verdict.ts';

/** `.demo/cluster.json`: all that other tools need to look at a demo. Fields are only added. */
export interface ClusterFile {
  state: 'running' | 'stopped';
  startedAt: string;
  stoppedAt?: string;
  /** Of the demo itself; it ends on TERM. */
  pid: number;
  checkout: string;
  /** `uid:gid` of the services, and of Kafka where it is a JVM. */
  user: string;
  datacenter: ClusterEntry;
  master: ClusterEntry;
  link: string;
  services: Record<'receiver' | 'input-filter' | 'mirror', ServiceEntry>;
  posted: PostedEntry[];
  /** Absent until everything was read again. */
  verdict?: { ok: boolean; problems: string[]; balance: Verdict['balance'] };
}

interface ClusterEntry {
  name: string;
  bootstrap: string[];
  topics: Record<string, string>;
  brokers: { id: number; port: number; pid: number | null; log: string | null }[];
}

interface ServiceEntry {
  pid: number | null;
  /** Where events are posted; only of the Receiver. */
  url?: string;
  /** /livez, /readyz, /metrics, /status. */
  operations: string;
  log: string;
}

interface PostedEntry {
  number: number;
  title: string;
  method: string;
  path: string;
  address: string;
  status: number;
  requestId: string | null;
  copyOf: number | null;
  /** Of each event. Of a copy: duplicates, nothing arrives. */
  expected: (SampleOutcome | { kind: 'duplicate' })[];
}

export function describeDemo(o: {
  startedAt: Date;
  folder: DemoFolder;
  privileges: Privileges;
  clusters: Clusters;
  services: Services;
}): ClusterFile {
  const { folder, clusters, services } = o;
  const cluster = (name: string, kafka: TestKafka, of: Record<string, string>): ClusterEntry => ({
    name,
    bootstrap: kafka.bootstrap,
    topics: { ...of },
    brokers: kafka.brokers.map(({ id, port, pid, logFile }) => ({
      ...{ id, port, pid: pid ?? null },
      log: logFile === undefined ? null : brokerLog(folder.logs, name),
    })),
  });
  return {
    state: 'running',
    startedAt: o.startedAt.toISOString(),
    pid: process.pid,
    checkout,
    user: o.privileges.user,
    datacenter: cluster(datacenterName, clusters.datacenter, topics.datacenter),
    master: cluster('master', clusters.master, topics.master),
    link,
    services: {
      receiver: { ...serviceEntry(services.receiver), url: services.receiverUrl },
      'input-filter': serviceEntry(services.filter),
      mirror: serviceEntry(services.mirror),
    },
    posted: [],
  };
}

function serviceEntry({ process: { pid, logFile }, operations }: RunningService): ServiceEntry {
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
