export interface CommitIntervalLimits {
  /** While the filter keeps up. */
  readonly minMs: number;
  /** While it is behind: fewer, larger transactions and batches. */
  readonly maxMs: number;
}

/**
 * How long the next transaction may stay open. The filter is behind when more waits in raw than the last
 * transaction took: then it is worth delaying the commit. Grows by half and shrinks by a third, so that it
 * does not swing.
 *
 * @param processed raw records of the transaction that was just committed.
 * @param lag raw records that wait behind it, all partitions of the thread together.
 */
export function nextCommitIntervalMs(
  currentMs: number,
  processed: number,
  lag: number,
  limits: CommitIntervalLimits,
): number {
  const next = lag > processed ? currentMs * 1.5 : currentMs / 1.5;
  return Math.min(limits.maxMs, Math.max(limits.minMs, next));
}
