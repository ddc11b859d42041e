import type { SampleOutcome } from '@penstock/events';
import type { Balance } from '../samples/balance.ts';

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
  services: Record<ServiceName, ServiceEntry>;
  /** Those besides the first, with their links, which have their names. */
  otherDatacenters?: { cluster: ClusterEntry; services: Record<ServiceName, ServiceEntry> }[];
  /** Absent until everything was read again, and with --once. */
  prober?: ServiceEntry & { page: string };
  posted: PostedEntry[];
  /** Absent until everything was read again. */
  verdict?: { ok: boolean; problems: string[]; balance: Balance };
}

export type ServiceName = 'receiver' | 'input-filter' | 'mirror';

export interface ClusterEntry {
  name: string;
  bootstrap: string[];
  topics: Record<string, string>;
  brokers: { id: number; port: number; pid: number | null; log: string | null }[];
}

export interface ServiceEntry {
  pid: number | null;
  /** Where events are posted; only of the Receiver. */
  url?: string;
  /** /livez, /readyz, /metrics, /status. */
  operations: string;
  log: string;
}

export interface PostedEntry {
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
