import type { OffsetRun } from './offset-pairs.ts';

/** On which cluster an offset lies. */
export type Side = 'source' | 'target';

/**
 * The runs of copies around one offset of a partition, out of all that the pairs topic has. `see` is called
 * with them in the order in which they were written. Only two are kept: a week of pairs is millions.
 *
 * What was copied again after an operator's answer has source offsets that occurred before. The later copy
 * counts, since the earlier ones lie before everything else on the target. Offsets of the target go back only
 * where it was made again or lost its end: then what lay from there on is gone. Where offsets of the source
 * go back, it may be another log: no earlier copy has a certain place in it.
 *
 * An operator's answer is a run without records: a reader at its offset goes on at the other one.
 */
export class NearestRuns {
  readonly #side: Side;
  readonly #offset: bigint;
  #before: OffsetRun | undefined;
  #after: OffsetRun | undefined;
  #sourceEnd = 0n;
  #targetEnd = 0n;

  constructor(side: Side, offset: bigint) {
    this.#side = side;
    this.#offset = offset;
  }

  /** The last run that begins at the offset or below. */
  get before(): OffsetRun | undefined {
    return this.#before;
  }

  /** The run after it. */
  get after(): OffsetRun | undefined {
    return this.#after;
  }

  see(run: OffsetRun): void {
    if (run.target < this.#targetEnd) this.#forgetFrom(run.target);
    if (this.#side === 'target' && run.source < this.#sourceEnd) this.#forgetFrom(0n);
    this.#sourceEnd = endOfRun(run, 'source');
    this.#targetEnd = endOfRun(run, 'target');
    if (run[this.#side] <= this.#offset) {
      this.#before = run;
      this.#after = undefined;
    } else {
      this.#after ??= run;
    }
  }

  #forgetFrom(target: bigint): void {
    const isGone = (run: OffsetRun | undefined) => run !== undefined && endOfRun(run, 'target') > target;
    if (isGone(this.#before)) this.#before = undefined;
    if (isGone(this.#after)) this.#after = undefined;
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
