import { watchStuckLso } from '@penstock/kafka';
import type { LinkContext } from '../link/link-context.ts';
import type { OwnedShards } from './shards.ts';

export type StuckLsoWatch = ReturnType<typeof watchStuckLso>;

/**
 * Looks for source transactions that nobody will end, where the shards show that something holds readers up.
 */
export function watchSource({ source }: LinkContext, shards: OwnedShards): StuckLsoWatch {
  const partitions = () => shards.all.flatMap((shard) => shard.partitionsNow());
  return watchStuckLso(source, () =>
    partitions().flatMap(({ topic, partition, ends }) => {
      if (ends?.lastStableOffset === undefined) return [];
      const { highWatermark, lastStableOffset } = ends;
      return [{ topic, partition, highWatermark, lastStableOffset }];
    }),
  );
}
