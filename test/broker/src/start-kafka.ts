import { findJava } from './jvm/java.ts';
import { startJvmKafka } from './jvm/jvm-kafka.ts';
import type { BrokerKind, StartKafkaOptions } from './start-options.ts';
import type { TestKafka } from './test-kafka.ts';

/** Starts a cluster of real brokers; it settles when all serve clients, in about 3 s for one. */
export async function startKafka(o: StartKafkaOptions = {}): Promise<TestKafka> {
  if ((o.via ?? brokerKind()) === 'jvm') return startJvmKafka(o);
  if (o.secured) throw new Error('secured listeners are for JVMs only');
  // The container library takes its time to load.
  const { startContainerKafka } = await import('./container/container-kafka.ts');
  return startContainerKafka(o);
}

/** Child JVMs, unless PENSTOCK_TEST_BROKER=container asks for the image apache/kafka or there is no Java. */
export function brokerKind(): BrokerKind {
  const wanted = process.env['PENSTOCK_TEST_BROKER'];
  if (wanted === 'jvm' || wanted === 'container') return wanted;
  if (wanted) throw new Error(`PENSTOCK_TEST_BROKER is jvm or container, not "${wanted}"`);
  return findJava() ? 'jvm' : 'container';
}
