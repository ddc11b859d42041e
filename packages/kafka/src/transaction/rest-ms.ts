/** Whom a try of a partition that takes nothing would hold up. */
export type HeldUp = 'others' | 'nobody';

const soonest: Readonly<Record<HeldUp, number>> = { others: 5_000, nobody: 500 };
const longest: Readonly<Record<HeldUp, number>> = { others: 60_000, nobody: 20_000 };

/**
 * How long a partition rests that rested `lastMs` before, 0 when something was committed for it since.
 *
 * A partition rests when its output takes nothing: it has no leader, too few replicas, or its broker hangs.
 * It is left out of the transactions, so that it does not hold up the others, and then it is tried again
 * together with them. A failed try may cost one aborted transaction of 3 s, so each rest is twice as long as
 * the one before. Where all take nothing, as when their only broker was away, there is nobody to spare.
 */
export function restMs(lastMs: number, holdsUp: HeldUp = 'others'): number {
  return Math.min(longest[holdsUp], Math.max(soonest[holdsUp], 2 * lastMs));
}
