import { crc32c } from '@node-rs/crc32';

/**
 * The shard that copies a source partition: fixed for the life of a link, so it must never be computed another way.
 * Neighbouring partitions of one topic fall into neighbouring shards: a topic spreads evenly however few it has.
 */
export function shardOf(topic: string, partition: number, shards: number): number {
  return (crc32c(topic) + partition) % shards;
}
