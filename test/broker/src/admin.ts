import { type Admin, Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicOptions } from './test-kafka.ts';

/** An administrator for the time of `act`. kafkajs is sound for this; it carries no data anywhere. */
export async function withAdmin<R>(
  bootstrap: readonly string[],
  act: (admin: Admin) => Promise<R>,
): Promise<R> {
  const kafka = new Kafka({
    clientId: 'test-admin',
    brokers: [...bootstrap],
    logLevel: logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 15_000,
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
      timeout: 15_000,
      topics: [
        {
          topic: name,
          numPartitions: o.partitions ?? 1,
          replicationFactor: o.replicationFactor ?? -1,
          configEntries: Object.entries(o.configs ?? {}).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });
    await untilLed(admin, name, Date.now() + 15_000);
  });
}

async function untilLed(admin: Admin, name: string, untilMs: number): Promise<void> {
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [name] });
      const partitions = topics[0]?.partitions ?? [];
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) return;
    } catch (error) {
      if (Date.now() > untilMs) throw error;
    }
    if (Date.now() > untilMs) throw new Error(`topic ${name} has no leaders after 15 s`);
    await sleep(100);
  }
}
