export interface PaceLimits {
  /** While the mirror keeps up. */
  readonly intervalMs: number;
  /** While it is behind: larger batches, fewer transactions. */
  readonly lagIntervalMs: number;
  readonly bytes: number;
}

export interface OpenCopies {
  /** When the first copy or moved position of the transaction was taken. */
  readonly sinceMs: number;
  readonly bytes: number;
  /** The last fetch left records behind at the source. */
  readonly behind: boolean;
}

/** How long the open transaction may still wait for more, in ms; 0: commit now. */
export function commitWaitMs(open: OpenCopies, limits: PaceLimits, nowMs: number): number {
  if (open.bytes >= limits.bytes) return 0;
  const intervalMs = open.behind ? limits.lagIntervalMs : limits.intervalMs;
  return Math.max(0, open.sinceMs + intervalMs - nowMs);
}
