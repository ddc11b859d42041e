/** Buffers are made in multiples of this, so that answers of about one size fit into each other's. */
const stepBytes = 64 * 1024;

/**
 * What the objects take that are made of one partition's part of an answer, roughly. A reader who is away while single records
 * trickle in would otherwise hold ten times what the records take.
 */
export const partBytes = 1024;

/**
 * The memory of a fetcher: large answers lie in buffers that are used again once everything made of them was released. What is held
 * and what lies ready stay together within `limitBytes`; only an answer larger than asked for exceeds it (KIP-74: one batch).
 *
 * Fresh buffers instead cost 1 us more CPU for each KB: page faults, and a garbage collector that hurries because of them.
 */
export class FramePool {
  readonly #limitBytes: number;
  readonly #poisons: boolean;
  readonly #free: Buffer[] = [];
  #freeBytes = 0;
  #heldBytes = 0;

  constructor(limitBytes: number, options: { poisons?: boolean } = {}) {
    this.#limitBytes = limitBytes;
    this.#poisons = options.poisons ?? false;
  }

  /** Bytes of answers that arrive, wait, or were handed out and still count. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Bytes that lie ready for the next answers. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }

  /** At least so long: the smallest that fits and is at most twice too large, else a new one. */
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
    if (this.#poisons) buffer.fill(0xdd);
    this.#makeRoom(buffer.length);
    if (this.#heldBytes + buffer.length > this.#limitBytes) return;
    this.#free.push(buffer);
    this.#freeBytes += buffer.length;
  }

  /** Lets go what has been ready for longest, until there is room for so many bytes. */
  #makeRoom(bytes: number): void {
    while (this.#free.length > 0 && this.#heldBytes + this.#freeBytes + bytes > this.#limitBytes) {
      this.#freeBytes -= this.#free.shift()!.length;
    }
  }
}

/**
 * The memory of one answer. It counts in the budget while one of its parts counts, and it is used again when each was
 * released; the fetch itself is the first part, until it has made the others.
 */
export class Frame {
  readonly #pool: FramePool;
  /** Answers beyond this were not asked for. */
  readonly #bytesMax: number;
  #buffer: Buffer | undefined;
  #bytes = 0;
  #counting = 1;
  #unreleased = 1;

  constructor(pool: FramePool, bytesMax: number) {
    this.#pool = pool;
    this.#bytesMax = bytesMax;
  }

  /** The answer begins to arrive. One that is larger than asked for lies in memory of its own, never used again. */
  memoryFor(bytes: number): Buffer | undefined {
    if (bytes > this.#bytesMax) return undefined;
    this.#buffer = this.#pool.take(bytes);
    this.#bytes = this.#buffer.length;
    this.#pool.hold(this.#bytes);
    return this.#buffer;
  }

  /** The answer is there, and so much is kept of it: records, and `partBytes` for each partition that has some. */
  arrived(keptBytes: number): void {
    const more = Math.max(0, keptBytes - this.#bytes);
    this.#bytes += more;
    this.#pool.hold(more);
  }

  /** One part more. */
  share(): void {
    this.#counting++;
    this.#unreleased++;
  }

  /** A part counts no more: whoever has it bounds that himself. */
  uncount(): void {
    if (--this.#counting === 0) this.#pool.hold(-this.#bytes);
  }

  /** Nobody looks at a part any more. */
  release(): void {
    if (--this.#unreleased > 0 || !this.#buffer) return;
    this.#pool.giveBack(this.#buffer);
    this.#buffer = undefined;
  }
}
