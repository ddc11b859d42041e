import type { CopiedPartition } from '../copy/copied-partition.ts';
import type { PartitionReading } from '../metrics.ts';
import type { Shard } from './shard.ts';

export function readPartitions(shards: readonly Shard[]): PartitionReading[] {
  return shards.flatMap((shard) =>
    shard.partitions.map(({ name, lagRecords, lagSeconds, lsoLagRecords, isPaused }) => ({
      name,
      lagRecords,
      lagSeconds,
      lsoLagRecords,
      paused: isPaused,
    })),
  );
}

/**
 * Reasons not to be ready: a shard that cannot work, or one that is behind and commits nothing. A paused partition is none: it
 * needs an answer, and no restart or other instance helps.
 */
export function stalled(shards: readonly Shard[], afterMs: number): string[] {
  const nowMs = Date.now();
  return shards.flatMap((shard) => {
    if (shard.hindrance !== undefined) return [`shard ${shard.index}: ${shard.hindrance}`];
    return shard.partitions
      .filter(({ stalledSinceMs }) => stalledSinceMs !== undefined && nowMs - stalledSinceMs > afterMs)
      .map(({ name }) => `${name} is behind and has committed nothing for ${afterMs} ms`);
  });
}

export function shardStatus(shard: Shard): object {
  return {
    shard: shard.index,
    hindrance: shard.hindrance ?? null,
    partitions: shard.partitions.map(partitionStatus),
  };
}

function partitionStatus(partition: CopiedPartition): object {
  const { name, target, phase, detail, committed, highWatermark, lagRecords, lagSeconds, lsoLagRecords } =
    partition;
  return {
    partition: name,
    target: `${target.topic}-${target.partition}`,
    phase,
    position: committed?.position ?? null,
    sourceEnd: highWatermark < 0n ? null : highWatermark,
    lagRecords,
    lagSeconds,
    lsoLagRecords,
    lastCommit: new Date(partition.lastCommitMs).toISOString(),
    ...(detail !== '' && { detail }),
    ...(partition.next.pause && { pause: partition.next.pause }),
  };
}
