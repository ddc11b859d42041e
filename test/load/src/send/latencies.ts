const bucketsPerE = 100;
const bucketCount = 2_000;

/** Durations in buckets of 1 %: what it takes does not grow with the run. */
export class Latencies {
  readonly #counts = new Float64Array(bucketCount);
  #count = 0;
  #maxMs = 0;

  add(ms: number): void {
    const bucket = Math.floor(Math.log(Math.max(ms, 0.01) * 100) * bucketsPerE);
    this.#counts[Math.min(bucket, bucketCount - 1)]! += 1;
    this.#count += 1;
    this.#maxMs = Math.max(this.#maxMs, ms);
  }

  get count(): number {
    return this.#count;
  }

  get maxMs(): number {
    return this.#maxMs;
  }

  /** At most 1 % too high; 0 when there is none. */
  quantileMs(share: number): number {
    let left = share * this.#count;
    for (const [bucket, count] of this.#counts.entries()) {
      left -= count;
      if (count > 0 && left <= 0) return Math.min(this.#maxMs, Math.exp((bucket + 1) / bucketsPerE) / 100);
    }
    return this.#maxMs;
  }
}
