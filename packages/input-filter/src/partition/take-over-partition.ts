import { readRange } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import { DedupWindow } from '../dedup/dedup-window.ts';
import type { LaneStart } from './owned-partition.ts';
import { collectEvidence, offsetOf, type EvidenceOptions } from '../position/position-evidence.ts';
import { decodeSeen } from '../dedup/seen-record.ts';
import { startingPosition, type Halt } from '../position/starting-position.ts';

export interface TakeOverOptions extends EvidenceOptions {
  readonly log: Log;
  readonly windowMs: number;
  readonly idsMax: number;
}

export interface TakenOver {
  readonly kind: 'lane';
  readonly start: LaneStart;
  /** Nothing was ever committed: commit `start.offset` in a transaction of its own before reading. */
  readonly isFirst: boolean;
  readonly rebuiltIds: number;
  readonly rebuildMs: number;
}

/**
 * Takes partition p over from whoever had it. The order is the whole point; the caller has done step 1.
 *
 * 1. InitProducerId of this thread (when it opened its session, before it joined the group): what a dead owner of the
 *    same id left open is decided to be aborted.
 * 2. The committed offset, with require_stable: a transaction of another owner that holds offsets is waited for.
 * 3. The ends of seen-p and clean-p, **read_uncommitted**. What step 2 covers lies below them.
 * 4. Both read read_committed until there. A transaction's markers are written to each partition on its own: the offset may be
 *    stable while output that it covers is still invisible (1 of 200 commits, without any fault). A window built, or
 *    a last record read, before that would miss it: the window would let a duplicate through.
 * 5. Only then raw is fetched, by the caller.
 *
 * @param needsChoice the partition was halted for what this evidence cannot show: stays so until an operator has chosen.
 *
 * If this process dies anywhere in here, nothing was written: the next owner does the same.
 *
 * Rejects with a retryable KafkaError when Kafka does not answer in time, and with the signal's reason.
 */
export async function takeOverPartition(
  partition: number,
  o: TakeOverOptions,
  needsChoice: Halt | undefined,
  signal: AbortSignal,
): Promise<TakenOver | Halt> {
  const { position, metadata, leaderEpoch, seenEnd } = await collectEvidence(partition, o, signal); // 2, 3, 4
  if (needsChoice !== undefined && !metadata.chosen) return needsChoice;
  const decided = startingPosition(position);
  if (decided.kind === 'halt') return decided;

  const began = performance.now();
  const window = new DedupWindow({ windowMs: o.windowMs, idsMax: o.idsMax });
  const rebuilt = await rebuildWindow(window, partition, seenEnd, metadata.streamTimeMs, o, signal); // 4
  return {
    kind: 'lane',
    isFirst: decided.kind === 'first-start',
    start: {
      partition,
      topicId: position.rawTopicId,
      offset: decided.offset,
      // Chosen by an operator: the epoch of the record before that position is not known.
      leaderEpoch: metadata.chosen ? -1 : leaderEpoch,
      streamTimeMs: Math.max(metadata.streamTimeMs, rebuilt.streamTimeMs),
      window,
    },
    rebuiltIds: rebuilt.ids,
    rebuildMs: performance.now() - began,
  };
}

/** @param streamTimeMs where the window was when the offset was committed; 0 reads all there is. */
async function rebuildWindow(
  window: DedupWindow,
  partition: number,
  end: bigint,
  streamTimeMs: number,
  o: TakeOverOptions,
  signal: AbortSignal,
): Promise<{ ids: number; streamTimeMs: number }> {
  const { cluster, topics } = o;
  // Two windows back, because that is how long the oldest generation may live.
  const since = Math.max(0, streamTimeMs - 2 * o.windowMs);
  const at = streamTimeMs === 0 ? 'earliest' : { timestampMs: since };
  const listed = await offsetOf(cluster, topics.seen, partition, at, signal);
  const from = listed < 0n ? end : listed; // -1: everything is older
  let ids = 0;
  let newestMs = 0;
  await readRange(
    cluster,
    topics.seen,
    partition,
    from,
    end,
    'read_committed',
    (record) => {
      const seen = record.value === null ? undefined : decodeSeen(record.value);
      if (seen === undefined) {
        o.log.warn(
          { partition, offset: String(record.offset) },
          'a record of events.seen cannot be read; skipped',
        );
        return;
      }
      window.restore(seen.keys, record.timestampMs);
      ids += seen.keys.length / 24;
      newestMs = Math.max(newestMs, record.timestampMs);
    },
    { signal },
  );
  return { ids, streamTimeMs: newestMs };
}
