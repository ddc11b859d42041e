/** Buffers are allocated in multiples of this, so that answers of similar size fit into each other's. */
const stepBytes = 64 * 1024;

/**
 * Roughly what the objects for one partition's part of an answer take. Without counting them, single records
 * that trickle in while the reader is away would hold ten times their own size.
 */
export const partBytes = 1024;

/**
 * The memory of a fetcher. Large answers are read into buffers that are reused once everything made of them
 * was released. What is in use and what is kept for reuse stay within `limitBytes` together; only an answer
 * larger than asked for exceeds it (KIP-74: one batch).
 *
 * Fresh buffers would cost 1 us more CPU per KB: page faults, and more garbage collections because of them.
 */
export class FramePool {
  readonly #limitBytes: number;
  /** For tests: released memory is overwritten at once, so that a view that is still read shows it. */
  readonly #overwritesReleased: boolean;
  readonly #free: Buffer[] = [];
  #freeBytes = 0;
  #heldBytes = 0;

  constructor(limitBytes: number, options: { overwritesReleased?: boolean } = {}) {
    this.#limitBytes = limitBytes;
    this.#overwritesReleased = options.overwritesReleased ?? false;
  }

  /** Bytes of answers that are arriving, or wait, or were handed out and still count. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes that are kept for the next answers. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  /** The smallest kept buffer of at least `bytes` that is not more than twice as large, or else a new one. */
  take(bytes: number): Buffer {
    let best = -1;
    for (const [index, { length }] of this.#free.entries()) {
      const fits = length >= bytes && length <= 2 * bytes;
      if (fits && (best < 0 || length < this.#free[best]!.length)) best = index;
    }
    const [found] = best < 0 ? [] : this.#free.splice(best, 1);
    if (found) {
      this.#freeBytes -= found.length;
      return found;
    }
    const length = Math.ceil(bytes / stepBytes) * stepBytes;
    this.#makeRoom(length);
    return Buffer.allocUnsafeSlow(length);
  }

  giveBack(buffer: Buffer): void {
    if (this.#overwritesReleased) buffer.fill(0xdd);
    this.#makeRoom(buffer.length);
    if (this.#heldBytes + buffer.length > this.#limitBytes) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }

  /** Gives up the buffers that were kept longest, until there is room for `bytes`. */
  #makeRoom(bytes: number): void {
    while (this.#free.length > 0 && this.#heldBytes + this.#freeBytes + bytes > this.#limitBytes) {
      this.#freeBytes -= this.#free.shift()!.length;
    }
  }
}

/**
 * The memory of one answer. It counts in the budget while one of its parts counts. It is reused once all of
 * them were released. The fetch itself is the first part, until it has made the others.
 */
export class Frame {
  readonly #pool: FramePool;
  /** Nobody asked for a larger answer. */
  readonly #bytesMax: number;
  #buffer: Buffer | undefined;
  #bytes = 0;
  #counting = 1;
  #unreleased = 1;

  constructor(pool: FramePool, bytesMax: number) {
    this.#pool = pool;
    this.#bytesMax = bytesMax;
  }

  /**
   * The answer begins to arrive. One that is larger than asked for gets other memory, which is never reused.
   */
  memoryFor(bytes: number): Buffer | undefined {
    if (bytes > this.#bytesMax) return undefined;
    this.#buffer = this.#pool.take(bytes);
    this.#bytes = this.#buffer.length;
    this.#pool.hold(this.#bytes);
    return this.#buffer;
  }

  /**
   * The answer is there. `keptBytes` of it are kept: the records, and `partBytes` for each partition that has
   * some.
   */
  arrived(keptBytes: number): void {
    const more = Math.max(0, keptBytes - this.#bytes);
    this.#bytes += more;
    this.#pool.hold(more);
  }

  /** There is one more part. */
  share(): void {
    this.#counting++;
    this.#unreleased++;
  }

  /** A part does not count any more: whoever has it must limit it. */
  uncount(): void {
    if (--this.#counting === 0) this.#pool.hold(-this.#bytes);
  }

  /** Nobody reads a part any more. */
  release(): void {
    if (--this.#unreleased > 0 || !this.#buffer) return;
    this.#pool.giveBack(this.#buffer);
    this.#buffer = undefined;
  }
}
