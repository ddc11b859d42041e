import { partitionName, type TopicPartition } from '@penstock/kafka';
import { shardOf, targetPartitionOf, type Genesis } from '@penstock/ledger';
import type { LinkPartition } from './link-status.ts';

/**
 * Source partitions of a shard without a position: nobody has begun them, or nobody can.
 *
 * @param countOf how many partitions a source topic has.
 */
export function notBegun(
  shard: number,
  genesis: Genesis,
  positions: readonly TopicPartition[],
  countOf: (topic: Genesis['topics'][number]) => number,
): LinkPartition[] {
  const begun = new Set(positions.map(({ topic, partition }) => partitionName(topic, partition)));
  const nothing = { position: null, sourceEnd: null, behind: null, pause: null };
  return genesis.topics.flatMap((topic) =>
    Array.from({ length: countOf(topic) }, (_, partition) => ({ topic: topic.name, partition }))
      .filter(({ partition }) => shardOf(topic.name, partition, genesis.shards) === shard)
      .map((each) => ({
        partition: partitionName(topic.name, each.partition),
        target: targetOf(genesis, each),
      }))
      .filter(({ partition }) => !begun.has(partition))
      .map(({ partition, target }): LinkPartition => {
        const known = { shard, partition, target, ...nothing };
        if (target !== null)
          return { ...known, state: 'not-begun', todo: `# ${partition}: start a mirror, or wait` };
        const todo = `mirror init --link ${genesis.link}  # ${partition} has no target partition`;
        return { ...known, state: 'no-target-partition', todo };
      }),
  );
}

/** The target partition of a source partition; null: the ranges of the link have no room for it. */
export function targetOf(genesis: Genesis, { topic, partition }: TopicPartition): string | null {
  const registered = genesis.topics.find(({ name }) => name === topic);
  const number = registered && targetPartitionOf(registered, partition);
  return registered === undefined || number === undefined ? null : partitionName(registered.target, number);
}
