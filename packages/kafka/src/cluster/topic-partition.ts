/** Partitions count from 0. */
export interface TopicPartition {
  topic: string;
  partition: number;
}

/**
 * The key of a partition in maps, "topic-partition". It is unique, since the number follows the last hyphen.
 */
export function topicPartitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
