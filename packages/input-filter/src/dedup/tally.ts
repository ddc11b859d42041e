/**
 * What became of the events of one partition in one transaction. Added to the counters only when the commit is certain:
 * events of an aborted transaction come again and would count twice.
 */
export interface Tally {
  requests: number;
  /** Events after the split; a request that cannot be split counts as one. */
  events: number;
  clean: number;
  rejected: number;
  /** Also in events.rejected, but nobody is alarmed. */
  unwanted: number;
  /** The same id was seen before. */
  duplicate: number;
  /** Those duplicates whose content differs; not a further outcome. */
  conflict: number;
}

export function emptyTally(): Tally {
  return { requests: 0, events: 0, clean: 0, rejected: 0, unwanted: 0, duplicate: 0, conflict: 0 };
}

export function addTally(sum: Tally, more: Tally): void {
  for (const name of tallyNames) sum[name] += more[name];
}

/** `events in = clean + rejected + duplicate`, where rejected includes what is unwanted. */
export function isBalanced(tally: Tally): boolean {
  return tally.events === tally.clean + tally.rejected + tally.unwanted + tally.duplicate;
}

/** In the order in which events.seen stores them: only ever append. */
export const tallyNames = [
  'requests',
  'events',
  'clean',
  'rejected',
  'unwanted',
  'duplicate',
  'conflict',
] as const satisfies readonly (keyof Tally)[];
