/** Partitions count from 0. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * `events.clean-3`: the name of a partition, to and by operators, and its key in maps. It is unique, since
 * the number follows the last hyphen.
 */
export function partitionName(topic: string, partition: number): string {
  return `${topic}-${partition}`;
}

export function isSamePartition(one: TopicPartition, other: TopicPartition): boolean {
  return one.topic === other.topic && one.partition === other.partition;
}
