/**
 * The records of one partition that Kafka itself refused (too large, invalid): whoever runs them again must reject them
 * instead, once each, or the transaction fails for ever. Kept only until their transaction is committed.
 */
export class Poison {
  readonly #reasons = new Map<string, string>();

  get size(): number {
    return this.#reasons.size;
  }

  /** @param why Kafka's error, for the header `detail`. */
  mark(rawOffset: bigint, index: number, why: string): void {
    this.#reasons.set(`${rawOffset} ${index}`, why);
  }

  reasonFor(rawOffset: bigint, index: number): string | undefined {
    if (this.#reasons.size === 0) return undefined; // nearly always
    return this.#reasons.get(`${rawOffset} ${index}`);
  }

  clear(): void {
    this.#reasons.clear();
  }
}
