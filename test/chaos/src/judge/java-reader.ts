import { eventIdPosition } from '@penstock/events';
import type { MasterVerifier } from '@penstock/load';
import type { TestKafka } from '@penstock/test-broker';

/** The JVM joins a group first, on a machine that is busy. */
const quietMs = 15_000;
const countTimeoutMs = 1_800_000;

/** Feeds what Kafka's own consumer sees under read_committed to the verifier; how many records those were. */
export async function feedByJava(
  verifier: MasterVerifier,
  kafka: TestKafka,
  topic: string,
  maxMessages: number,
): Promise<number> {
  const records = await kafka.consoleConsume(topic, {
    ...{ bootstrap: kafka.inside, maxMessages, timeoutMs: quietMs },
  });
  for (const { value, partition, offset } of records) {
    const id = value?.subarray(eventIdPosition, eventIdPosition + 16) ?? Buffer.alloc(0);
    verifier.saw(id, `${topic}-${partition} offset ${offset}`, value ?? undefined);
  }
  return records.length;
}

/** How many records Kafka's own consumer sees under read_committed, without keeping them. */
export async function countByJava(kafka: TestKafka, topic: string): Promise<number> {
  const printing = ['print.partition=true', 'print.key=false', 'print.value=false'];
  const { stdout } = await kafka.tool(
    'kafka-console-consumer',
    [
      ...['--topic', topic, '--from-beginning', '--isolation-level', 'read_committed'],
      ...['--timeout-ms', '30000'],
      ...printing.flatMap((property) => ['--formatter-property', property]),
    ],
    { bootstrap: kafka.inside, quietMs, timeoutMs: countTimeoutMs },
  );
  let lines = 0;
  for (const byte of stdout) if (byte === 0x0a) lines++;
  return lines;
}
