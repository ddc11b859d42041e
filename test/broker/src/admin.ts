import { type Admin, Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicOptions } from './test-kafka.ts';

const leadersTimeoutMs = 60_000;

/** An administrator for the time of `act`. kafkajs is sound for this; it carries no data anywhere. */
export async function withAdmin<R>(
  bootstrap: readonly string[],
  act: (admin: Admin) => Promise<R>,
): Promise<R> {
  const kafka = new Kafka({
    clientId: 'test-admin',
    brokers: [...bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 10_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 10 },
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await act(admin);
  } finally {
    await admin.disconnect();
  }
}

export function createTopic(bootstrap: readonly string[], name: string, o: TopicOptions = {}): Promise<void> {
  return withAdmin(bootstrap, async (admin) => {
    await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up at once when a broker has not heard of the topic yet
      timeout: 30_000,
      topics: [
        {
          topic: name,
          numPartitions: o.partitions ?? 1,
          replicationFactor: o.replicationFactor ?? -1,
          configEntries: Object.entries(o.configs ?? {}).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });
    await untilLed(admin, name, performance.now() + leadersTimeoutMs);
  });
}

async function untilLed(admin: Admin, name: string, untilAt: number): Promise<void> {
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const partitions = topics[0]?.partitions ?? [];
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      if (performance.now() > untilAt) throw error;
    }
    if (performance.now() > untilAt)
      throw new Error(`topic ${name} has no leaders after ${leadersTimeoutMs / 1_000} s`);
    await sleep(100);
  }
}
