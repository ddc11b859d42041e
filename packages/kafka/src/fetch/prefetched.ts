import type { Fetched } from './fetched.ts';
import type { PartitionCursor } from './partition-cursor.ts';

interface Waiting {
  cursor: PartitionCursor;
  fetched: Fetched;
}

/** What was fetched ahead, in order of arrival, and the bytes that it holds. */
export class Prefetched {
  readonly #limitBytes: number;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #handedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes waiting, and bytes handed out by the last `take`. */
  get heldBytes(): number {
    return this.#waitingBytes + this.#handedBytes;
  }

  /**
   * Half of the limit is held: fetch no more. The other half is for the answers under way, which are no larger together.
   */
  get full(): boolean {
    return this.heldBytes >= this.#limitBytes / 2;
  }

  push(cursor: PartitionCursor, fetched: Fetched): void {
    this.#waiting.push({ cursor, fetched });
    this.#waitingBytes += fetched.bytes;
  }

  get ready(): boolean {
    return this.#waiting.some(({ cursor }) => !cursor.paused);
  }

  /** Whatever waits for partitions that are not paused, in order, up to `bytesMax` but at least one. */
  take(bytesMax: number): Fetched[] {
    const taken: Fetched[] = [];
    const left: Waiting[] = [];
    const closed = new Set<PartitionCursor>();
    for (const waiting of this.#waiting) {
      const { cursor, fetched } = waiting;
      const over = taken.length > 0 && this.#handedBytes + fetched.bytes > bytesMax;
      if (over || cursor.paused || closed.has(cursor)) {
        closed.add(cursor);
        left.push(waiting);
        continue;
      }
      taken.push(fetched);
      cursor.handedOut(fetched);
      this.#handedBytes += fetched.bytes;
      this.#waitingBytes -= fetched.bytes;
    }
    this.#waiting = left;
    return taken;
  }

  /** What was handed out is the caller's alone from now on. */
  release(): void {
    this.#handedBytes = 0;
  }

  /** Forgets what waits for a partition. */
  drop(cursor: PartitionCursor): void {
    this.#waiting = this.#waiting.filter((waiting) => {
      if (waiting.cursor !== cursor) return true;
      this.#waitingBytes -= waiting.fetched.bytes;
      return false;
    });
  }

  /** Paused partitions may not starve the others: their share is dropped and fetched again when they go on. */
  makeRoom(): void {
    if (!this.full || this.ready || this.#handedBytes > 0) return;
    for (const cursor of new Set(this.#waiting.map((waiting) => waiting.cursor))) {
      cursor.rewind();
      this.drop(cursor);
    }
  }
}
