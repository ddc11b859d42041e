/**
 * What became of the events of one partition in one transaction. Added to the counters only when the commit
 * is certain, because events of an aborted transaction come again and would count twice.
 */
export interface Tally {
  requests: number;
  /** Events after the split; a request that cannot be split counts as one. */
  events: number;
  clean: number;
  rejected: number;
  /** In events.rejected too, but nobody is alarmed. */
  unwanted: number;
  /** The same id was seen before. */
  duplicate: number;
  /** How many of the duplicates differ in content. Not an outcome of its own. */
  conflict: number;
}

export function emptyTally(): Tally {
  return { requests: 0, events: 0, clean: 0, rejected: 0, unwanted: 0, duplicate: 0, conflict: 0 };
}

export function addTally(sum: Tally, more: Tally): void {
  for (const name of tallyNames) sum[name] += more[name];
}

/**
 * Events without an outcome, or outcomes without an event: 0 unless there is a bug, since
 * `events in = clean + rejected + unwanted + duplicate`.
 */
export function imbalanceOf(tally: Tally): number {
  return Math.abs(tally.events - tally.clean - tally.rejected - tally.unwanted - tally.duplicate);
}

export function isBalanced(tally: Tally): boolean {
  return imbalanceOf(tally) === 0;
}

/** In the order in which events.seen stores them. New ones go to the end. */
export const tallyNames = [
  'requests',
  'events',
  'clean',
  'rejected',
  'unwanted',
  'duplicate',
  'conflict',
] as const satisfies readonly (keyof Tally)[];
