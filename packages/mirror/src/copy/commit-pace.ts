export interface PaceLimits {
  /** While the mirror keeps up. */
  readonly intervalMs: number;
  /** While it is behind: larger batches, fewer transactions. */
  readonly lagIntervalMs: number;
  readonly bytes: number;
}

export interface OpenWork {
  /** The moment when the transaction's first copy, or first moved position, was taken. */
  readonly sinceAt: number;
  readonly bytes: number;
  /** The source has committed records that are not in the open transaction. */
  readonly hasMore: boolean;
}

/** How long the open transaction may still wait for more, in ms; 0: commit now. */
export function commitWaitMs(open: OpenWork, limits: PaceLimits, now: number): number {
  if (open.bytes >= limits.bytes) return 0;
  const intervalMs = open.hasMore ? limits.lagIntervalMs : limits.intervalMs;
  // Never longer than the interval, whatever the clock does: the broker ends a transaction that is left open.
  return Math.min(intervalMs, Math.max(0, open.sinceAt + intervalMs - now));
}
