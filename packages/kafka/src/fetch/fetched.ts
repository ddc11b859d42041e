import type { FetchedBatch } from './visible-batches.ts';

/** What one answer of a broker brought for one partition. */
export interface Fetched {
  topic: string;
  partition: number;
  /**
   * Data batches that are visible under the isolation level, in order. The first may begin below the position: `readRecords` skips
   * those records. Empty when there were only control batches, aborted ones or gaps; `nextOffset` has moved then all the same.
   */
  batches: FetchedBatch[];
  /** The position behind all this: what to commit once it is processed. */
  nextOffset: bigint;
  /** Leader epoch of the last batch read, to be kept with the position; -1 unknown. */
  lastEpoch: number;
  highWatermark: bigint;
  lastStableOffset: bigint;
  logStartOffset: bigint;
  /** Bytes that this holds of the prefetch budget, invisible batches included. */
  bytes: number;
  /** The partition is not fetched any further until it is assigned anew. Always the last thing told of it, with no batches. */
  problem?: PositionProblem;
}

/**
 * A position that cannot be continued; the range [from, to) is what is gone or uncertain. Confirmed by the leader, never guessed from one
 * answer. There is no automatic reset: the operator chooses.
 *
 * - truncated: an unclean leader election dropped records that were read already
 * - recreated: the topic was deleted and created again; `to` is the end of the old one as last seen
 * - overtaken: retention (or DeleteRecords) removed records before they were read
 * - beyond-end: the position lies behind the end of the log
 * - corrupt: the batch at `from` was read five times and its checksum or format was wrong each time; `to` is not known and equals `from`
 */
export interface PositionProblem {
  kind: 'truncated' | 'recreated' | 'overtaken' | 'beyond-end' | 'corrupt';
  from: bigint;
  to: bigint;
  detail: string;
}
