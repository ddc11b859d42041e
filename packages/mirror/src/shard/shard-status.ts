import { partitionName } from '@penstock/kafka';
import type { Bandwidth } from '../copy/bandwidth.ts';
import type { CopiedPartition } from '../copy/copied-partition.ts';
import { isoTime, wallClockMs } from '../wall-clock.ts';
import type { Shard } from './shard.ts';

/** One partition as the metrics show it. What is not known is undefined, and its line is left out. */
export interface PartitionReading {
  readonly topic: string;
  readonly partition: number;
  readonly lagRecords: number | undefined;
  readonly lagSeconds: number | undefined;
  readonly lsoLagRecords: number | undefined;
  readonly paused: boolean;
  readonly lostRecords: number | undefined;
}

/** How old what was heard of the source may be, for a lag that is made from it. */
const freshMs = 15_000;

export function readPartitions(shards: readonly Shard[], discoveryIntervalMs: number): PartitionReading[] {
  return shards.flatMap((shard) =>
    shard.partitionsNow().map((partition) => ({
      topic: partition.topic,
      partition: partition.partition,
      ...lagOf(partition, discoveryIntervalMs),
      paused: partition.pause !== null,
      lostRecords: lostOf(partition),
    })),
  );
}

/**
 * Reasons not to be ready: a shard that cannot work, and a partition that makes no progress although the
 * source has more, or about which the source says nothing. A paused partition is none: it needs an answer,
 * and neither a restart nor another instance helps. Neither is one that only the limit of bytes holds back.
 */
export function notProgressing(shards: readonly Shard[], afterMs: number, bandwidth: Bandwidth): string[] {
  const now = performance.now();
  const limited = bandwidth.heldBackWithin(afterMs, now);
  return shards.flatMap((shard) => {
    if (shard.idleBecause !== undefined) return [`shard ${shard.index}: ${shard.idleBecause}`];
    return shard.partitionsNow().flatMap((partition) => {
      const { name, phase, detail, ends } = partition;
      if (phase === 'paused' || phase === 'retired') return [];
      // It is being copied, and waits for its turn under the limit of bytes a second.
      if (limited && phase === 'copying') return [];
      if (partition.stalledForMs(now) > afterMs) {
        const why = detail === undefined ? '' : ` (${detail})`;
        return [`${name} is behind and has committed nothing for ${afterMs} ms${why}`];
      }
      const silent = ends !== undefined && now - ends.heardAt > Math.max(afterMs, freshMs);
      return silent ? [`the source has said nothing about ${name} for ${afterMs} ms`] : [];
    });
  });
}

export function shardStatus(shard: Shard, discoveryIntervalMs: number): object {
  return {
    shard: shard.index,
    idleBecause: shard.idleBecause ?? null,
    withoutRoom: shard.withoutRoom,
    partitions: shard.partitionsNow().map((partition) => partitionStatus(partition, discoveryIntervalMs)),
  };
}

/** Null stands for unknown, never 0. */
function partitionStatus(partition: CopiedPartition, discoveryIntervalMs: number): object {
  const { name, target, phase, detail, committed, pause, ends, committedAtMs } = partition;
  const { lagRecords, lagSeconds, lsoLagRecords } = lagOf(partition, discoveryIntervalMs);
  return {
    partition: name,
    target: partitionName(target.topic, target.partition),
    phase,
    position: committed?.position ?? null,
    sourceEnd: ends?.highWatermark ?? null,
    lagRecords: lagRecords ?? null,
    lagSeconds: lagSeconds ?? null,
    lsoLagRecords: lsoLagRecords ?? null,
    lastCommit: committedAtMs === undefined ? null : isoTime(committedAtMs),
    ...(detail !== undefined && { detail }),
    ...(pause && {
      pause: { kind: pause.kind, from: pause.from, to: pause.to },
      pausedSince: pause.sinceMs === null ? null : isoTime(pause.sinceMs),
    }),
  };
}

type Lag = Pick<PartitionReading, 'lagRecords' | 'lagSeconds' | 'lsoLagRecords'>;

const unknown: Lag = { lagRecords: undefined, lagSeconds: undefined, lsoLagRecords: undefined };

/**
 * What was heard too long ago says nothing about now. Partitions that are not fetched are asked with each
 * survey.
 */
function lagOf(partition: CopiedPartition, discoveryIntervalMs: number): Lag {
  const { ends, committed, next, lastTimestampMs, phase } = partition;
  const asked = phase === 'copying' ? freshMs : Math.max(freshMs, 2 * discoveryIntervalMs);
  if (ends === undefined || performance.now() - ends.heardAt > asked) return unknown;
  const { highWatermark, lastStableOffset } = ends;
  const lagRecords = Math.max(0, Number(highWatermark - (committed ?? next).position));
  return {
    lagRecords,
    lagSeconds: lagRecords === 0 ? 0 : ageSeconds(lastTimestampMs),
    lsoLagRecords:
      lastStableOffset === undefined ? undefined : Math.max(0, Number(highWatermark - lastStableOffset)),
  };
}

/**
 * Of the last copied record, which may have no time (-1). It is dated by other machines, so the wall clock is
 * the one to compare with.
 */
function ageSeconds(timestampMs: number | undefined): number | undefined {
  if (timestampMs === undefined || timestampMs < 0) return undefined;
  return Math.max(0, (wallClockMs() - timestampMs) / 1000);
}

/** Source offsets of a pause that were deleted before they were copied. */
function lostOf({ pause }: CopiedPartition): number | undefined {
  if (pause?.kind !== 'overtaken' && pause?.kind !== 'deleted') return undefined;
  return Number(pause.to - pause.from);
}
