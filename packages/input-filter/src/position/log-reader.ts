import {
  CorruptBatchError,
  PositionError,
  readRecords,
  startFetcher,
  type Cluster,
  type FetchedBatch,
  type PositionProblem,
  type RecordView,
} from '@penstock/kafka';
import { UnreadableError, unreadable } from './unreadable-batch.ts';

/** Where a reader reads, and how much at a time. */
export interface LogPlace {
  readonly topic: string;
  readonly partition: number;
  /** Of one answer. A larger batch is read as well, alone in its answer. Default 1 MiB. */
  readonly answerBytes?: number;
  /** What a batch may inflate to at most; a larger one cannot be read. Default 256 MiB. */
  readonly inflatedBytesMax?: number;
  /** Whether to go on after a batch that cannot be read. Default: no. */
  readonly skips?: (problem: PositionProblem) => boolean;
}

/**
 * Of a batch of events.seen: the filter's largest batch, and a record more. Inflating holds the thread, and a
 * takeover may come to a batch more than once.
 */
export const seenInflatedBytesMax = 65 * 1024 * 1024;

/**
 * Reads the committed records of one partition at one place after another, over the same connection, and
 * counts the bytes. What it yields can be read, headers included. Throws UnreadableError, PositionError and
 * the signal's reason.
 */
export class LogReader implements Disposable {
  /** Bytes of the answers so far, as in Kafka. */
  bytes = 0;
  readonly #place: LogPlace;
  readonly #signal: AbortSignal;
  readonly #fetcher: ReturnType<typeof startFetcher>;

  constructor(cluster: Cluster, place: LogPlace, signal: AbortSignal) {
    this.#place = place;
    this.#signal = signal;
    const { answerBytes = 1024 * 1024 } = place;
    this.#fetcher = startFetcher(cluster, {
      isolation: 'read_committed',
      partitionMaxBytes: answerBytes,
      // One answer waits while the next one comes: no more is read ahead than that.
      partitionPrefetchBytes: answerBytes,
      prefetchBytes: 4 * answerBytes,
    });
  }

  /**
   * The first committed record in [from, below), looked for in the next few only; null when there is none.
   */
  async first(from: bigint, below: bigint): Promise<RecordView | null> {
    const to = from + closeBy < below ? from + closeBy : below;
    for await (const record of this.between(from, to)) return record;
    return null;
  }

  /**
   * The committed records in [from, end), a broker's answer at a time: the memory is bounded however many
   * they are. Waits for the end.
   */
  async *between(from: bigint, end: bigint): AsyncGenerator<RecordView> {
    if (from >= end) return;
    try {
      this.#begin(from);
      for (let position = from; position < end;) {
        for (const { problem, batches, bytes, nextOffset } of await this.#fetcher.next({
          signal: this.#signal,
        })) {
          this.bytes += bytes;
          for (const batch of batches) yield* this.#recordsOf(batch, end);
          position = problem ? this.#after(problem) : nextOffset;
          if (problem) this.#begin(position);
        }
        this.#signal.throwIfAborted();
      }
    } finally {
      this.#fetcher.unassign(this.#place.topic, this.#place.partition);
    }
  }

  #begin(offset: bigint): void {
    const { topic, partition } = this.#place;
    this.#fetcher.assign(topic, partition, { offset, lastFetchedEpoch: -1 });
  }

  *#recordsOf(batch: FetchedBatch, end: bigint): Generator<RecordView> {
    let next = batch.firstOffset;
    try {
      for (const record of readRecords(batch, this.#place.inflatedBytesMax)) {
        record.headers(); // here it throws where this batch is told of
        next = record.offset + 1n;
        if (record.offset < end) yield record;
      }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      this.#skip(unreadable(this.#place.topic, next, batch, error));
    }
  }

  /** Where to go on. The end of a batch with a wrong checksum is not known: each offset is tried. */
  #after(problem: PositionProblem): bigint {
    if (problem.kind !== 'corrupt' && problem.kind !== 'old-format') throw new PositionError(problem);
    this.#skip(problem);
    return problem.to > problem.from ? problem.to : problem.from + 1n;
  }

  #skip(problem: PositionProblem): void {
    if (!this.#place.skips?.(problem)) throw new UnreadableError(problem);
  }

  [Symbol.dispose](): void {
    this.#fetcher[Symbol.dispose]();
  }
}

/** Offsets. Between two records there are markers, and what was aborted. */
const closeBy = 16n;
