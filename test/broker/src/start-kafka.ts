import { startJvmKafka } from './jvm-kafka.ts';
import type { TestKafka } from './test-kafka.ts';

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
  /** A command that becomes the broker by exec (the Runner in the demo), with its arguments. */
  through?: readonly string[];
}

/** Starts a cluster of real brokers; it settles when all serve clients, in about 3 s for one. */
export async function startKafka(o: StartKafkaOptions = {}): Promise<TestKafka> {
  return startJvmKafka(o);
}
