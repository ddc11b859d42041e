/** What a caller does after it lost its identity. */
export type Fencing =
  /** Takes it back after `backoffMs`, if the work is still assigned to it. */
  | { readonly kind: 'wait'; readonly inARow: number; readonly backoffMs: number }
  /** Ends with an error that says so: a second process works under the same identity. */
  | { readonly kind: 'shared'; readonly inARow: number };

const inARowMax = 5;

/**
 * Two owners that fight take turns: each keeps the identity for as long as the other one backs off, at most
 * 10 s, plus the time of a takeover. Fencings further apart than this have nothing to do with each other.
 */
const relatedMs = 60_000;

/**
 * In a fight both owners commit during their turns. So only a commit that comes later than any turn lasts
 * proves peace.
 */
const healedMs = 15_000;

/**
 * The one rule for "fenced several times in a row". Being fenced once is normal: the process was paused, the
 * group rebalanced, or an operator's command took the identity for a moment. Five times in quick succession
 * means that two deployments share an identity.
 *
 * Moments are those of `performance.now()`.
 */
export class FencedRepeatedly {
  #inARow = 0;
  #fencedAt = -Infinity;

  /** The identity was lost once more. The backoff is 1 s, 2 s, 4 s, 8 s, each with 25 % jitter, ms. */
  fenced(now = performance.now()): Fencing {
    const inARow = now - this.#fencedAt > relatedMs ? 1 : this.#inARow + 1;
    this.#inARow = inARow;
    this.#fencedAt = now;
    if (inARow >= inARowMax) return { kind: 'shared', inARow };
    const backoffMs = 1_000 * 2 ** (inARow - 1) * (0.75 + Math.random() / 2);
    return { kind: 'wait', inARow, backoffMs };
  }

  /** So many of the last fencings are explained: they were no second deployment, and do not count. */
  explained(count: number): void {
    this.#inARow = Math.max(0, this.#inARow - count);
  }

  /** A transaction was committed, or something else succeeded that only the present owner can do. */
  committed(now = performance.now()): void {
    if (now - this.#fencedAt > healedMs) this.#inARow = 0;
  }
}
