import { setTimeout as sleep } from 'node:timers/promises';
import { DedupWindow, type DedupLimits } from '../dedup/dedup-window.ts';
import { committedPositions, type FilterGroup } from '../position/filter-group.ts';
import { isPassing } from '../position/passing-errors.ts';
import { needsAnOperator, pauseForOutput, type Pause } from '../position/pause.ts';
import { collectEvidence } from '../position/collect-evidence.ts';
import { readPositionMetadata } from '../position/position-metadata.ts';
import { judgeStart, type Offsets } from '../position/starting-position.ts';
import { UnreadableError } from '../position/unreadable-batch.ts';
import type { PartitionStart } from './owned-partition.ts';
import { rebuildWindow, type Rebuilt, type SeenEnd } from './rebuild-window.ts';

export interface TakenOver {
  readonly kind: 'taken-over';
  readonly start: PartitionStart;
  /** Nothing was ever committed: commit `start.offset` in a transaction of its own before reading. */
  readonly isFirst: boolean;
  readonly rebuiltIds: number;
  /** Read of events.seen for it. */
  readonly rebuiltBytes: number;
  readonly rebuildMs: number;
}

/** How the window is rebuilt. */
export interface Rebuilding {
  readonly limits: DedupLimits;
  /** Settles when the rebuild may hold the event loop for a while. */
  turn(): Promise<void>;
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
 * @param paused why the partition is paused, when it is looked at again. Some reasons do not show in what is
 *   read here (`needsAnOperator`): then it stays paused until an operator has chosen a position.
 *
 * Rejects with a retryable KafkaError when Kafka does not answer in time, and with the signal's reason.
 */
export async function takeOverPartition(
  partition: number,
  group: FilterGroup,
  { limits, turn }: Rebuilding,
  paused: Pause | undefined,
  signal: AbortSignal,
): Promise<TakenOver | Pause> {
  if (
    paused !== undefined &&
    needsAnOperator(paused) &&
    !(await isChosenAnew(paused, partition, group, signal))
  )
    return paused;
  // 2, 3, 4.
  const evidence = await collectEvidence(partition, group, signal);
  const { offsets, metadata, leaderEpoch, seenEnd: end, lastSeen: last } = evidence;
  const decided = judgeStart(evidence);
  const { chosenAtMs } = metadata;
  if (decided.kind === 'paused') return { ...decided, chosenAtMs };

  const began = performance.now();
  const window = new DedupWindow(limits);
  const { seenAccepted } = metadata;
  const acceptedBelow = seenAccepted?.below ?? null;
  const seen = { partition, end, last, acceptedBelow };
  const rebuilt = await rebuiltOrPaused(window, seen, offsets, group, turn, signal); // 4
  if ('kind' in rebuilt) return { ...rebuilt, chosenAtMs };
  return {
    kind: 'taken-over',
    isFirst: decided.kind === 'first-start',
    start: {
      partition,
      topicId: offsets.rawTopicId,
      offset: decided.offset,
      // An operator chose the position: the epoch of the record before it is not known.
      leaderEpoch: chosenAtMs !== null ? -1 : leaderEpoch,
      streamTimeMs: Math.max(metadata.streamTimeMs, rebuilt.streamMs),
      window,
      seenAccepted: acceptedBelow !== null && acceptedBelow > rebuilt.from ? seenAccepted : null,
    },
    rebuiltIds: rebuilt.ids,
    rebuiltBytes: rebuilt.bytes,
    rebuildMs: performance.now() - began,
  };
}

/** Rebuilds the window. @returns why the partition pauses when a batch in it cannot be read. */
async function rebuiltOrPaused(
  window: DedupWindow,
  seen: SeenEnd,
  offsets: Offsets,
  group: FilterGroup,
  turn: () => Promise<void>,
  signal: AbortSignal,
): Promise<Rebuilt | Pause> {
  try {
    return await rebuildWindow(window, seen, group, turn, signal);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return pauseForOutput('seen-corrupt', error.problem, offsets);
  }
}

/** A choice stands until something is committed: one that led to this pause is not followed again. */
async function isChosenAnew(
  paused: Pause,
  partition: number,
  group: FilterGroup,
  signal: AbortSignal,
): Promise<boolean> {
  const committed = (await committedPositions(group, [partition], signal)).get(partition);
  const { chosenAtMs } = readPositionMetadata(committed?.metadata ?? null);
  return chosenAtMs !== null && chosenAtMs !== paused.chosenAtMs;
}

const tryAgainMs = 500;

/** `takeOverPartition`, tried again while Kafka is away. */
export async function takeOverPatiently(
  partition: number,
  group: FilterGroup,
  rebuilding: Rebuilding,
  paused: Pause | undefined,
  signal: AbortSignal,
): Promise<TakenOver | Pause> {
  for (;;) {
    try {
      return await takeOverPartition(partition, group, rebuilding, paused, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      group.cluster.log.warn({ partition, error }, 'the partition could not be taken over yet; tried again');
      await sleep(tryAgainMs, undefined, { signal });
    }
  }
}
