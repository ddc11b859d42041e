import type { RecordView } from '../bytes/record-reader.ts';
import { readRecords } from '../bytes/record-reader.ts';
import type { PositionProblem } from './fetched.ts';
import { startFetcher } from './fetcher.ts';
import type { Isolation } from '../positions/list-offsets.ts';
import type { PartitionPlace } from '../positions/partition-place.ts';

/** A range that cannot be read to its end. */
export class PositionError extends Error {
  override readonly name = 'PositionError';
  readonly code = 'POSITION_PROBLEM';
  readonly retryable = false;
  readonly problem: PositionProblem;

  constructor(problem: PositionProblem) {
    super(`${problem.kind}: ${problem.detail}`);
    this.problem = problem;
  }
}

/** Offsets [from, to), and which of their records are visible. */
export interface OffsetRange {
  from: bigint;
  to: bigint;
  isolation: Isolation;
}

/**
 * Visits the visible records with offsets in [from, to), in order. Resolves when the position has reached
 * `to`. Take `to` from `listOffsets` under the same isolation; if it lies further, this waits for it, for
 * `timeoutMs` at most (default: for ever). The views stay valid for as long as they are kept.
 *
 * Throws PositionError (a range is gone), a TimeoutError when time is up, the signal's reason, and whatever
 * `visit` throws.
 */
export async function readRange(
  { cluster, topic, partition }: PartitionPlace,
  { from, to, isolation }: OffsetRange,
  visit: (record: RecordView) => void,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  if (from >= to) return;
  const timeout = options.timeoutMs === undefined ? [] : [AbortSignal.timeout(options.timeoutMs)];
  const signal = AbortSignal.any([...(options.signal ? [options.signal] : []), ...timeout]);
  using fetcher = startFetcher(cluster, { isolation });
  fetcher.assign(topic, partition, { offset: from, lastFetchedEpoch: -1 });
  for (let position = from; position < to;) {
    const arrived = await fetcher.next({ signal });
    signal.throwIfAborted();
    for (const fetched of arrived) {
      if (fetched.problem) throw new PositionError(fetched.problem);
      for (const batch of fetched.batches) {
        if (batch.baseOffset >= to) break;
        for (const record of readRecords(batch)) if (record.offset < to) visit(record);
      }
      position = fetched.nextOffset;
    }
  }
}
