import { setTimeout as sleep } from 'node:timers/promises';
import type { TestKafka } from '@penstock/test-broker';

/** Resolves when all replicas of the topic, and of the coordinators' topics, are in sync on three brokers. */
export async function inSync(kafka: TestKafka, topic: string): Promise<void> {
  const topics = [topic, '__transaction_state', '__consumer_offsets'];
  const until = performance.now() + 60_000;
  await kafka.admin(async (admin) => {
    for (;;) {
      const metadata = await admin.fetchTopicMetadata({ topics });
      const partitions = metadata.topics.flatMap((one) => one.partitions);
      if (partitions.every(({ isr }) => isr.length === 3)) return;
      if (performance.now() > until) throw new Error(`not all in sync within 60 s\n${kafka.logs(20)}`);
      await sleep(200);
    }
  });
}
