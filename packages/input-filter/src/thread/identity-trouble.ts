import { FilterError } from '../errors.ts';

const TROUBLES_MAX = 5;
/** Troubles further apart than this have nothing to do with each other. */
const RELATED_MS = 60_000;

/** A commit proves that the trouble is over only when it is this old: two owners of one id commit in turn, for a second or two each. */
const HEALED_MS = 15_000;

/**
 * Counts how often in a row this thread lost its identity (fenced, or lost its membership). Once is life: a pause, a
 * rebalance. Five times in quick succession is two processes that share one instance name.
 */
export class IdentityTrouble {
  #inARow = 0;
  #lastMs = 0;

  /** @returns how many in a row. Throws FilterError code IDENTITY at the fifth. */
  note(what: string, nowMs: number): number {
    this.#inARow = nowMs - this.#lastMs > RELATED_MS ? 1 : this.#inARow + 1;
    this.#lastMs = nowMs;
    if (this.#inARow < TROUBLES_MAX) return this.#inARow;
    throw new FilterError(
      'IDENTITY',
      `${what}, ${this.#inARow} times in a row: another process runs with the same PENSTOCK_FILTER_INSTANCE and group`,
    );
  }

  /** Something was committed. */
  committed(nowMs: number): void {
    if (nowMs - this.#lastMs > HEALED_MS) this.#inARow = 0;
  }
}
