import { crc32c } from '@node-rs/crc32';

/**
 * The shard that copies a source partition. It is fixed for the life of a link, so it must never be computed
 * in another way. Neighbouring partitions of a topic fall into neighbouring shards, so even a few spread
 * evenly.
 */
export function shardOf(topic: string, partition: number, shards: number): number {
  return (crc32c(topic) + partition) % shards;
}

/** Only this transactional id ever writes partition `shard` of the ledger, or what the shard copies. */
export function transactionalIdOf(ledgerTopic: string, shard: number): string {
  return `${ledgerTopic}.${shard}`;
}
