import type { TestKafka } from '@penstock/test-broker';
import { readTopic } from '../src/index.ts';
import type { Cluster } from '../src/index.ts';

export interface SeenRecord {
  partition: number;
  offset: bigint;
  value: string;
}

/**
 * What Kafka's own console consumer sees under read_committed of a topic that nobody writes to any more.
 * `readTopic` tells how many records there are, so that the consumer knows when it has all. Throws when the
 * two have not seen the same.
 */
export async function judgedByJava(kafka: TestKafka, cluster: Cluster, topic: string): Promise<SeenRecord[]> {
  const ours = await seenByUs(cluster, topic);
  if (ours.length === 0) return [];
  const records = await kafka.consoleConsume(topic, { maxMessages: ours.length, timeoutMs: 15_000 });
  const javas = records.map(({ partition, offset, value }) => ({ partition, offset, value: String(value) }));
  const inOrder = javas.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
  for (const [index, one] of ours.entries()) {
    const other = inOrder[index];
    if (other?.partition === one.partition && other.offset === one.offset && other.value === one.value)
      continue;
    const told = (record: SeenRecord | undefined): string =>
      record ? `${record.partition}@${record.offset} ${record.value}` : 'nothing';
    throw new Error(`record ${index}: Java's consumer sees ${told(other)}, readTopic ${told(one)}`);
  }
  return javas;
}

/** What this package sees, one partition after the other. */
export async function seenByUs(cluster: Cluster, topic: string): Promise<SeenRecord[]> {
  const seen: SeenRecord[] = [];
  await readTopic(
    cluster,
    topic,
    ({ offset, value }, partition) => seen.push({ partition, offset, value: String(value) }),
    { timeoutMs: 60_000 },
  );
  return seen;
}
