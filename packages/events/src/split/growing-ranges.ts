/** Pairs of positions in a body: 8 bytes a pair, and no object for it. */
export class GrowingRanges {
  count = 0;
  /** Most bodies hold one event, for which no memory is taken. */
  #bounds = none;
  #firstStart = 0;
  #firstEnd = 0;

  push(start: number, end: number): void {
    if (this.count === 0) {
      this.#firstStart = start;
      this.#firstEnd = end;
      this.count = 1;
      return;
    }
    if (2 * this.count >= this.#bounds.length) {
      const bounds = new Uint32Array(Math.max(32, 4 * this.count));
      bounds.set(this.#bounds);
      this.#bounds = bounds;
    }
    this.#bounds[2 * this.count] = start;
    this.#bounds[2 * this.count++ + 1] = end;
  }

  start(index: number): number {
    return index === 0 ? this.#firstStart : this.#bounds[2 * index]!;
  }

  end(index: number): number {
    return index === 0 ? this.#firstEnd : this.#bounds[2 * index + 1]!;
  }
}

const none = new Uint32Array(0);
