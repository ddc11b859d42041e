import { findJava } from './java.ts';
import { startJvmKafka } from './jvm-kafka.ts';
import type { TestKafka } from './test-kafka.ts';

export type BrokerKind = 'jvm' | 'container';

export interface StartKafkaOptions {
  /** Default 1. Three have replication factor 3 and min.insync.replicas 2 everywhere. */
  brokers?: 1 | 3;
  /** Broker settings on top of ours (settings.ts). */
  settings?: Record<string, string>;
  /** Part of the temporary folder's name: letters, digits and dashes. */
  name?: string;
  /** The address clients are told to use for a broker that listens on 127.0.0.1:port; a proxy's, for fault tests. */
  advertised?: (id: number, port: number) => string;
  /** Default 320. */
  heapMb?: number;
  /** Default: `brokerKind()`. */
  via?: BrokerKind;
  /** JVM only, and needs openssl: listeners that ask for passwords or certificates, beside the plain one. */
  secured?: boolean;
  /** JVM only. A command that becomes the broker by exec (the Runner in the demo), with its arguments. */
  through?: readonly string[];
  /** JVM only. Whom `through` makes of the broker: its folder is given to them. Needs root. */
  owner?: FolderOwner;
}

export interface FolderOwner {
  uid: number;
  gid: number;
}

/** Starts a cluster of real brokers; it settles when all serve clients, in about 3 s for one. */
export async function startKafka(o: StartKafkaOptions = {}): Promise<TestKafka> {
  if ((o.via ?? brokerKind()) === 'jvm') return startJvmKafka(o);
  if (o.secured) throw new Error('secured listeners are for JVMs only');
  // The container library takes its time to load.
  const { startContainerKafka } = await import('./container-kafka.ts');
  return startContainerKafka(o);
}

/** Child JVMs, unless PENSTOCK_TEST_BROKER=container asks for the image apache/kafka or there is no Java. */
export function brokerKind(): BrokerKind {
  const wanted = process.env['PENSTOCK_TEST_BROKER'];
  if (wanted === 'jvm' || wanted === 'container') return wanted;
  if (wanted) throw new Error(`PENSTOCK_TEST_BROKER is jvm or container, not "${wanted}"`);
  return findJava() ? 'jvm' : 'container';
}
