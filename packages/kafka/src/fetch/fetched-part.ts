import type { Fetched, PositionProblem } from './fetched.ts';
import type { Frame } from './frame-pool.ts';
import type { FetchedBatch } from './visible-batches.ts';

const released = Buffer.alloc(0);

/** A partition's part of an answer, which shares in the memory of that answer. */
export class FetchedPart implements Fetched {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: bigint;
  readonly lastEpoch: number;
  readonly highWatermark: bigint;
  readonly lastStableOffset: bigint;
  readonly logStartOffset: bigint;
  readonly bytes: number;
  readonly problem?: PositionProblem;
  batches: readonly FetchedBatch[];
  #frame: Frame | undefined;
  #counts: boolean;

  /** `frame` is undefined for a problem, which has no records. */
  constructor(what: Omit<Fetched, keyof Disposable | 'release'>, frame: Frame | undefined) {
    this.topic = what.topic;
    this.partition = what.partition;
    this.batches = what.batches;
    this.nextOffset = what.nextOffset;
    this.lastEpoch = what.lastEpoch;
    this.highWatermark = what.highWatermark;
    this.lastStableOffset = what.lastStableOffset;
    this.logStartOffset = what.logStartOffset;
    this.bytes = what.bytes;
    if (what.problem) this.problem = what.problem;
    this.#frame = frame;
    this.#counts = frame !== undefined;
    frame?.share();
  }

  /** Whether it still counts in the prefetch budget. */
  get counts(): boolean {
    return this.#counts;
  }

  uncount(): void {
    if (!this.#counts) return;
    this.#counts = false;
    this.#frame?.uncount();
  }

  release(): void {
    const frame = this.#frame;
    if (!frame) return;
    this.uncount();
    this.#frame = undefined;
    // So whoever still reads a batch fails at once, instead of reading another answer.
    for (const batch of this.batches) batch.bytes = released;
    this.batches = [];
    frame.release();
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
