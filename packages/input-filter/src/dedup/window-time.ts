/**
 * One moment by two clocks that know nothing of each other, in ms since 1970. The window trusts neither of
 * them alone: an id is forgotten only when it is old by both. So as long as one of them is right, no clock
 * that jumps, however far, makes the window shorter than it is in real time.
 */
export interface WindowTime {
  /** By the clocks of the Receivers: the highest received_at of the partition so far. */
  readonly streamMs: number;
  /** By the clock of the filter: when the transaction was committed. */
  readonly commitMs: number;
}

/** How old something is at least. Negative while a clock that had jumped ahead is back. */
export function ageMs(then: WindowTime, now: WindowTime): number {
  return Math.min(now.streamMs - then.streamMs, now.commitMs - then.commitMs);
}
