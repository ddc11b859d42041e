import { openAdmin, topicProblems, type TopicNeeds, type TopicSettings } from '@penstock/kafka';
import { kafkaConnection } from '@penstock/service';
import type { FilterConfig } from './config.ts';

/** Headers of the rejected record beside the raw ones, generously. */
const REJECTED_HEADERS_BYTES = 65_536;

/** How the topics differ from what the promise needs, a sentence each. Rejects when Kafka cannot be asked. */
export async function checkTopics(
  config: FilterConfig,
  routes: Readonly<Record<string, string>>,
): Promise<string[]> {
  const { topics, kafka } = config;
  const cleanTopics = [topics.clean, ...new Set(Object.values(routes))];
  const names = [topics.raw, ...cleanTopics, topics.rejected, topics.seen];
  await using admin = await openAdmin(kafkaConnection(kafka));
  const found = await admin.describeTopics(names);
  return topicProblems(filterTopicNeeds(config, cleanTopics, found), found, {
    singleReplica: kafka.singleReplica === 'allowed',
  });
}

/** What the topics have to be, given the raw topic that is there. */
export function filterTopicNeeds(
  { topics, batchBytes }: Pick<FilterConfig, 'topics' | 'batchBytes'>,
  cleanTopics: readonly string[],
  found: readonly TopicSettings[],
): TopicNeeds[] {
  const raw = found.find(({ name }) => name === topics.raw);
  // Clean partition p is made of raw partition p only, so the counts are equal.
  const same = raw === undefined ? {} : { partitions: raw.partitions };
  const bytes = (least: number) => ({ configsAtLeast: { 'max.message.bytes': least } });
  const rawBytesMax = Number(raw?.configs['max.message.bytes'] ?? 0);
  return [
    { name: topics.raw },
    ...cleanTopics.map((name) => ({ name, ...same, ...bytes(batchBytes) })),
    // A body as large as raw takes must fit, or its partition stops.
    { name: topics.rejected, ...same, ...bytes(rawBytesMax + REJECTED_HEADERS_BYTES) },
    { name: topics.seen, ...same, ...bytes(batchBytes) },
  ];
}
