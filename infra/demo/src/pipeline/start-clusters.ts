import { existsSync } from 'node:fs';
import { brokerKind, startKafka, type TestKafka } from '@penstock/test-broker';
import { inCheckout } from '../checkout.ts';
import { DemoError } from '../errors.ts';
import type { Privileges } from './privileges.ts';

export interface Clusters extends AsyncDisposable {
  readonly datacenter: TestKafka;
  readonly master: TestKafka;
  /** The orderly shutdown of all brokers at once; disposing ends what is left, and removes their folders. */
  stop(): Promise<void>;
}

/** How long a broker may take for its orderly shutdown. */
export const stopTimeoutMs = 60_000;

/** Says what is missing for Kafka on this machine, before anything is started. */
export function checkKafkaCanRun(): 'jvm' | 'container' {
  const kind = brokerKind();
  if (kind === 'jvm' && !existsSync(inCheckout('.cache/kafka/libs'))) {
    throw new DemoError('the jars of Kafka are missing: run "node infra/setup.mjs", or "npm run demo"');
  }
  const engine = process.env['DOCKER_HOST'] ?? '/var/run/docker.sock';
  if (kind === 'container' && engine.startsWith('/') && !existsSync(engine)) {
    throw new DemoError(
      'neither Java nor a container engine: install Java 17 (openjdk-17-jre-headless) or start Docker',
    );
  }
  return kind;
}

/** Files that a broker's process opens, when it is a JVM of this machine. */
export function kafkaFiles(kind: 'jvm' | 'container'): string[] {
  if (kind === 'container') return [];
  return [inCheckout('.cache/kafka/libs'), inCheckout('test/broker/src/jvm/broker.log4j2.properties')];
}

/** A cluster of one broker. */
export function startCluster(
  name: string,
  kind: 'jvm' | 'container',
  privileges: Privileges,
): Promise<TestKafka> {
  return startKafka({
    name: `demo-${name}`,
    via: kind,
    ...(kind === 'jvm' && { through: privileges.launcher }),
    ...(kind === 'jvm' && privileges.owner && { owner: privileges.owner }),
  });
}

/** Two clusters of one broker each. */
export async function startClusters(kind: 'jvm' | 'container', privileges: Privileges): Promise<Clusters> {
  const start = (name: string): Promise<TestKafka> => startCluster(name, kind, privileges);
  const outcomes = await Promise.allSettled([start('fra'), start('master')]);
  const started = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const end = async (): Promise<void> => {
    await Promise.all(started.map((cluster) => cluster[Symbol.asyncDispose]()));
  };
  const [datacenter, master] = started;
  if (!datacenter || !master) {
    await end();
    const failed = outcomes.find((one) => one.status === 'rejected');
    throw new DemoError(`Kafka cannot be started: ${String(failed?.reason)}`);
  }
  const brokers = started.flatMap((cluster) => cluster.brokers);
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map((broker) => broker.stop({ timeoutMs: stopTimeoutMs })));
  };
  return { datacenter, master, stop, [Symbol.asyncDispose]: end };
}
