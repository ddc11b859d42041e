import { brokerKind, startKafka } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';

/**
 * Brokers as in production: test/broker starts them for short tests, without the JVM's second compiler.
 * `_JAVA_OPTIONS` wins over a command line.
 */
export function startBenchKafka(brokers: 1 | 3): Promise<TestKafka> {
  const through = brokerKind() === 'jvm' ? ['env', '_JAVA_OPTIONS=-XX:TieredStopAtLevel=4'] : [];
  return startKafka({ brokers, name: `bench-${brokers}`, heapMb: brokers === 1 ? 1024 : 512, through });
}
