import type { OutgoingRecord } from '@penstock/kafka';
import { addRun, pairsRecord, type OffsetRun } from '@penstock/ledger';
import type { CopiedPartition } from './copied-partition.ts';
import type { Appended } from './copy-fetched.ts';

/**
 * Which source offset lies at which target offset. This is known only after a transaction is committed, so
 * it is written with the next one, as one record for each partition and commit.
 */
export class PendingPairs {
  readonly #runs = new Map<CopiedPartition, OffsetRun[]>();

  get empty(): boolean {
    return this.#runs.size === 0;
  }

  add({ partition, firstOffset, lastOffset, count }: Appended, target: bigint): void {
    const run = { source: firstOffset, target, count, sourceSpan: Number(lastOffset - firstOffset) + 1 };
    addRun(
      this.#runs.getOrInsertComputed(partition, () => []),
      run,
    );
  }

  /** The time is that of the records, ms since 1970. */
  records(timestampMs: number): OutgoingRecord[] {
    return Array.from(this.#runs, ([partition, runs]) => pairsRecord(partition, runs, timestampMs));
  }

  clear(): void {
    this.#runs.clear();
  }
}
