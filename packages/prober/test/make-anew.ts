import type { Cluster } from '@penstock/kafka';
import { Kafka, logLevel } from 'kafkajs';
import { onTestFinished, vi } from 'vitest';

/** Deletes a topic and creates it again: its offsets begin at 0 once more. */
export async function makeAnew(
  bootstrap: readonly string[],
  cluster: Cluster,
  topic: string,
  numPartitions: number,
): Promise<void> {
  const admin = new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  onTestFinished(() => admin.disconnect());
  const { id } = await cluster.topic(topic, { refresh: true });
  await admin.deleteTopics({ topics: [topic] });
  const within = { timeout: 40_000, interval: 100 };
  await vi.waitUntil(async () => {
    await admin.createTopics({ topics: [{ topic, numPartitions }] }).catch(() => false);
    // A creation whose answer comes too late has worked all the same, and then is refused for ever.
    const found = await cluster.topic(topic, { refresh: true }).catch(() => undefined);
    return found !== undefined && found.id !== id && found.partitions.length === numPartitions;
  }, within);
}
