/** Pairs of positions in a body: 8 bytes a pair, and no object for it. */
export class GrowingRanges {
  count = 0;
  #bounds = new Uint32Array(32);

  push(start: number, end: number): void {
    if (2 * this.count === this.#bounds.length) {
      const bounds = new Uint32Array(4 * this.count);
      bounds.set(this.#bounds);
      this.#bounds = bounds;
    }
    this.#bounds[2 * this.count] = start;
    this.#bounds[2 * this.count++ + 1] = end;
  }

  start(index: number): number {
    return this.#bounds[2 * index]!;
  }

  end(index: number): number {
    return this.#bounds[2 * index + 1]!;
  }
}
