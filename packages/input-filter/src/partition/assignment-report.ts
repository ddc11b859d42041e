import type { PartitionMarks } from '@penstock/kafka';
import type { FilterMetrics } from '../metrics.ts';
import type { Pause } from '../position/pause.ts';
import { wallClockMs } from '../wall-clock.ts';
import { pauseOf, type Assignment, type PartitionState } from './assignment.ts';
import type { OwnedPartition } from './owned-partition.ts';

/** What the fetcher knows of the ends of a partition of raw. */
export type MarksOf = (partition: number) => PartitionMarks | undefined;

/** One partition as `/status` shows it. */
export interface PartitionStatus {
  readonly partition: number;
  readonly state: PartitionState['kind'];
  readonly lag?: { readonly records: number; readonly seconds: number };
}

/**
 * Sets the gauges of one thread. The lags are not among them: they are read from the status, by partition.
 */
export function measureAssignment(assignment: Assignment, metrics: FilterMetrics): void {
  const { owned } = assignment;
  metrics.windowIds.set(owned.reduce((sum, { window }) => sum + window.ids, 0));
  metrics.windowBytes.set(owned.reduce((sum, { window }) => sum + window.bytes, 0));
  metrics.windowBytesMax.set(owned.reduce((sum, { window }) => sum + window.bytesMax, 0));
  const counts = { running: 0, resting: 0, starting: 0, paused: 0 };
  for (const state of assignment.states.values()) counts[kindOf(state)] += 1;
  for (const [kind, count] of Object.entries(counts)) metrics.partitions.set(count, kind);
}

/** For `/status`, in the order of the partitions. */
export function statusOf(assignment: Assignment, marksOf: MarksOf): PartitionStatus[] {
  const nowMs = wallClockMs();
  return [...assignment.states]
    .map(([partition, state]) => ({
      partition,
      state: kindOf(state),
      ...('owned' in state && progressOf(state.owned, marksOf(partition), nowMs)),
      ...shownPauseOf(state),
    }))
    .toSorted((a, b) => a.partition - b.partition);
}

function progressOf(owned: OwnedPartition, marks: PartitionMarks | undefined, nowMs: number) {
  const { position, committed, window } = owned;
  const { ids, bytes, sinceMs = null, heldMs } = window;
  const highWatermark = marks?.highWatermark ?? -1n;
  return {
    position,
    committed,
    highWatermark,
    lag: owned.lag(highWatermark, nowMs),
    window: { ids, bytes, sinceMs, heldMs },
  };
}

/** One that is looked at again counts as paused until it runs. */
function kindOf(state: PartitionState): PartitionState['kind'] {
  return state.kind === 'starting' && state.paused !== undefined ? 'paused' : state.kind;
}

function shownPauseOf(state: PartitionState): Pick<Pause, 'code' | 'detail' | 'resumeAt'> | undefined {
  const why = pauseOf(state);
  return why && { code: why.code, detail: why.detail, resumeAt: why.resumeAt };
}

/** For `/readyz`: a sentence for each paused partition. */
export function pausesInWords({ states }: Assignment, topic: string): string[] {
  return [...states].flatMap(([partition, state]) => {
    const why = pauseOf(state);
    if (why === undefined) return [];
    return [`${topic} ${partition} is paused (${why.code}) and waits for an operator: input-filter status`];
  });
}
