/** Partitions count from 0. */
export interface TopicPartition {
  topic: string;
  partition: number;
}

/** The key of a partition in maps, "topic-partition": unique, since what follows the last hyphen is the number. */
export function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}
