import type { OffsetRun } from './offset-pairs.ts';

/** On which cluster an offset lies. */
export type Side = 'source' | 'target';

/**
 * The runs of copies around one offset of a partition, out of all that the pairs topic has. `see` is called
 * with them in the order in which they were written. Only two are kept: a week of pairs is millions.
 *
 * What was copied again after an operator's answer has source offsets that occurred before. The later copy
 * counts, since the earlier ones lie before everything else on the target.
 */
export class NearestRuns {
  readonly #side: Side;
  readonly #offset: bigint;
  #before: OffsetRun | undefined;
  #after: OffsetRun | undefined;

  constructor(side: Side, offset: bigint) {
    this.#side = side;
    this.#offset = offset;
  }

  /** The last run that begins at the offset or below. */
  get before(): OffsetRun | undefined {
    return this.#before;
  }

  /** The run behind it. */
  get after(): OffsetRun | undefined {
    return this.#after;
  }

  see(run: OffsetRun): void {
    if (run[this.#side] <= this.#offset) {
      this.#before = run;
      this.#after = undefined;
    } else {
      this.#after ??= run;
    }
  }

  /**
   * The counterpart on the other side, where the pairs alone tell it: inside a run without gaps, or at the
   * beginning of a run. Undefined: only the records can tell.
   */
  get exact(): bigint | undefined {
    const run = this.#before;
    if (run === undefined) return undefined;
    const into = this.#offset - run[this.#side];
    if (into === 0n) return run[this.#side === 'source' ? 'target' : 'source'];
    if (run.count !== run.sourceSpan || into >= BigInt(run.count)) return undefined;
    return run[this.#side === 'source' ? 'target' : 'source'] + into;
  }
}

/** One past the last offset of a run. */
export function endOfRun(run: OffsetRun, side: Side): bigint {
  return run[side] + BigInt(side === 'source' ? run.sourceSpan : run.count);
}
