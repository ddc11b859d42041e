import type { Pipeline } from '@penstock/events';
import { addTally, emptyTally, imbalanceOf, type Tally } from '../dedup/tally.ts';
import { countFix, countRules, countTally, type FilterMetrics } from '../metrics.ts';
import type { OwnedPartition } from '../partition/owned-partition.ts';
import { wallClockMs } from '../wall-clock.ts';

/** What one thread has committed since it started, in its metrics and for its status. */
export class CommittedCounts {
  readonly #metrics: FilterMetrics;
  readonly #pipeline: Pick<Pipeline, 'fixIds'>;
  readonly #totals = emptyTally();

  constructor(metrics: FilterMetrics, pipeline: Pick<Pipeline, 'fixIds'>) {
    this.#metrics = metrics;
    this.#pipeline = pipeline;
  }

  get totals(): Tally {
    return this.#totals;
  }

  /** The transaction that holds these outcomes of a partition is committed. */
  add({ tally, reasons, fixes, rules, receivedMs }: OwnedPartition['open']): void {
    const metrics = this.#metrics;
    countTally(metrics, tally);
    addTally(this.#totals, tally);
    metrics.unbalanced.set(imbalanceOf(this.#totals));
    for (const [reason, count] of reasons) metrics.reasons.add(count, reason);
    for (const [fix, count] of fixes) countFix(metrics, this.#pipeline, fix, count);
    countRules(metrics, this.#pipeline, rules);
    const now = wallClockMs();
    for (const ms of receivedMs) metrics.delaySeconds.observe(Math.max(0, now - ms) / 1000);
  }
}
