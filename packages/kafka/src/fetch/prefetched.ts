import type { Fetched } from './fetched.ts';
import type { FetchedPart } from './fetched-part.ts';
import type { FramePool } from './frame-pool.ts';
import type { PartitionCursor } from './partition-cursor.ts';

interface Waiting {
  cursor: PartitionCursor;
  part: FetchedPart;
}

/** What was fetched ahead, in order of arrival. The memory that it takes is counted by the pool, answer by answer. */
export class Prefetched {
  readonly #limitBytes: number;
  readonly #pool: FramePool;
  #waiting: Waiting[] = [];
  #handed: readonly FetchedPart[] = [];

  constructor(limitBytes: number, pool: FramePool) {
    this.#limitBytes = limitBytes;
    this.#pool = pool;
  }

  /**
   * Half of the limit is held: fetch no more. The other half is for the answers under way, which are no larger together.
   */
  get full(): boolean {
    return this.#pool.heldBytes >= this.#limitBytes / 2;
  }

  push(cursor: PartitionCursor, part: FetchedPart): void {
    this.#waiting.push({ cursor, part });
    cursor.waitingBytes += part.bytes;
  }

  get ready(): boolean {
    return this.#waiting.some(({ cursor }) => !cursor.paused);
  }

  /** Whatever waits for partitions that are not paused, in order, up to `bytesMax` but at least one. */
  take(bytesMax: number): Fetched[] {
    const taken: FetchedPart[] = [];
    const left: Waiting[] = [];
    const closed = new Set<PartitionCursor>();
    let takenBytes = 0;
    for (const waiting of this.#waiting) {
      const { cursor, part } = waiting;
      const over = taken.length > 0 && takenBytes + part.bytes > bytesMax;
      if (over || cursor.paused || closed.has(cursor)) {
        closed.add(cursor);
        left.push(waiting);
        continue;
      }
      taken.push(part);
      takenBytes += part.bytes;
      cursor.waitingBytes -= part.bytes;
      cursor.handedOut(part);
    }
    this.#waiting = left;
    this.#handed = taken;
    return [...taken];
  }

  /** What was handed out, and is kept, is the caller's alone from now on. */
  uncountHanded(): void {
    for (const part of this.#handed) part.uncount();
    this.#handed = [];
  }

  /** Forgets what waits for a partition. */
  drop(cursor: PartitionCursor): void {
    this.#waiting = this.#waiting.filter(({ cursor: owner, part }) => {
      if (owner === cursor) part.release();
      return owner !== cursor;
    });
    cursor.waitingBytes = 0;
  }

  /** Paused partitions may not starve the others: their share is dropped and fetched again when they go on. */
  makeRoom(): void {
    if (!this.full || this.ready || this.#handed.some(({ counts }) => counts)) return;
    for (const cursor of new Set(this.#waiting.map((waiting) => waiting.cursor))) {
      cursor.rewind();
      this.drop(cursor);
    }
  }
}
