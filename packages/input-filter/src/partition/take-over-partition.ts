import { setTimeout as sleep } from 'node:timers/promises';
import { DedupWindow, type DedupLimits } from '../dedup/dedup-window.ts';
import type { FilterGroup } from '../position/filter-group.ts';
import { isPassing } from '../position/passing-errors.ts';
import { needsAnOperator, type Pause } from '../position/pause.ts';
import { collectEvidence } from '../position/position-evidence.ts';
import { startingPosition } from '../position/starting-position.ts';
import type { PartitionStart } from './owned-partition.ts';
import { rebuildWindow } from './rebuild-window.ts';

export interface TakenOver {
  readonly kind: 'taken-over';
  readonly start: PartitionStart;
  /** Nothing was ever committed: commit `start.offset` in a transaction of its own before reading. */
  readonly isFirst: boolean;
  readonly rebuiltIds: number;
  readonly rebuildMs: number;
}

/**
 * Takes partition p over from whoever had it. The order is the whole point; the caller has done step 1.
 *
 * 1. InitProducerId of this thread, when it opened its session and before it joined the group: what a dead
 *    owner of the same id left open is decided to be aborted.
 * 2. The committed offset, with require_stable: a transaction of another owner that holds offsets is waited
 *    for.
 * 3. The ends of seen-p and clean-p, **read_uncommitted**. What step 2 covers lies below them.
 * 4. Both are read read_committed up to there. The markers of a transaction are written to each partition on
 *    its own, so an offset may be stable while output that it covers is still invisible (1 of 200 commits,
 *    without any fault). Whoever built a window or read a last record before that would miss it, and let a
 *    duplicate through.
 * 5. Only then raw is fetched, by the caller.
 *
 * If this process dies anywhere in here, nothing was written: the next owner does the same.
 *
 * @param paused why the partition is paused, when it is looked at again. What this evidence cannot show keeps
 *   it paused until an operator has chosen a position.
 *
 * Rejects with a retryable KafkaError when Kafka does not answer in time, and with the signal's reason.
 */
export async function takeOverPartition(
  partition: number,
  group: FilterGroup,
  limits: DedupLimits,
  paused: Pause | undefined,
  signal: AbortSignal,
): Promise<TakenOver | Pause> {
  // 2, 3, 4.
  const { position, metadata, leaderEpoch, seenEnd } = await collectEvidence(partition, group, signal);
  if (paused !== undefined && needsAnOperator(paused) && !metadata.chosen) return paused;
  const decided = startingPosition(position);
  if (decided.kind === 'paused') return decided;

  const began = performance.now();
  const window = new DedupWindow(limits);
  const rebuilt = await rebuildWindow(window, partition, seenEnd, group, signal); // 4
  return {
    kind: 'taken-over',
    isFirst: decided.kind === 'first-start',
    start: {
      partition,
      topicId: position.rawTopicId,
      offset: decided.offset,
      // An operator chose the position: the epoch of the record before it is not known.
      leaderEpoch: metadata.chosen ? -1 : leaderEpoch,
      streamTimeMs: Math.max(metadata.streamTimeMs, rebuilt.streamMs),
      window,
    },
    rebuiltIds: rebuilt.ids,
    rebuildMs: performance.now() - began,
  };
}

const tryAgainMs = 500;

/** The same, again and again while Kafka is away. */
export async function takeOverPatiently(
  ...[partition, group, limits, paused, signal]: Parameters<typeof takeOverPartition>
): Promise<TakenOver | Pause> {
  for (;;) {
    try {
      return await takeOverPartition(partition, group, limits, paused, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      group.cluster.log.warn({ partition, error }, 'the partition could not be taken over yet; tried again');
      await sleep(tryAgainMs, undefined, { signal });
    }
  }
}
