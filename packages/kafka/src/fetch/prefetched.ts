import type { Fetched } from './fetched.ts';
import type { FetchedPart } from './fetched-part.ts';
import type { FramePool } from './frame-pool.ts';
import type { PartitionCursor } from './partition-cursor.ts';

interface Waiting {
  cursor: PartitionCursor;
  part: FetchedPart;
}

/** What was fetched ahead, in the order of arrival. The pool counts its memory, answer by answer. */
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
   * Half of the limit is in use: fetch no more. The answers under way, all together, fit into the other half.
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

  /**
   * Hands out what waits for partitions that are not paused, in order, up to `bytesMax`, but at least one
   * part.
   */
  take(bytesMax: number): Fetched[] {
    const taken: FetchedPart[] = [];
    const left: Waiting[] = [];
    /** What comes after a part that has to wait, waits too. */
    const blocked = new Set<PartitionCursor>();
    let takenBytes = 0;
    for (const waiting of this.#waiting) {
      const { cursor, part } = waiting;
      const over = taken.length > 0 && takenBytes + part.bytes > bytesMax;
      if (over || cursor.paused || blocked.has(cursor)) {
        blocked.add(cursor);
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

  /** From now on the caller alone limits what it keeps of the parts handed out last. */
  uncountHanded(): void {
    for (const part of this.#handed) part.uncount();
    this.#handed = [];
  }

  /** Drops what waits of a partition. */
  drop(cursor: PartitionCursor): void {
    this.#waiting = this.#waiting.filter(({ cursor: owner, part }) => {
      if (owner === cursor) part.release();
      return owner !== cursor;
    });
    cursor.waitingBytes = 0;
  }

  /**
   * Paused partitions may not starve the others: what waits of them is dropped, and fetched again when they
   * go on.
   */
  makeRoom(): void {
    if (!this.full || this.ready || this.#handed.some(({ counts }) => counts)) return;
    for (const cursor of new Set(this.#waiting.map((waiting) => waiting.cursor))) {
      cursor.rewind();
      this.drop(cursor);
    }
  }
}
