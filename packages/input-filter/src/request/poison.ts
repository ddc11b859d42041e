/**
 * The events of one partition that Kafka itself refused, as too large or invalid. When the same records are
 * filtered again these events must be rejected instead, or the transaction would fail for ever. Kept until a
 * transaction that covers them is committed.
 */
export class Poison {
  readonly #reasons = new Map<bigint, Map<number, string>>();

  get size(): number {
    return this.#reasons.size;
  }

  /** @param why Kafka's error, for the header `detail`. */
  mark(rawOffset: bigint, index: number, why: string): void {
    this.#reasons.set(rawOffset, (this.#reasons.get(rawOffset) ?? new Map<number, string>()).set(index, why));
  }

  reasonFor(rawOffset: bigint, index: number): string | undefined {
    if (this.#reasons.size === 0) return undefined; // nearly always
    return this.#reasons.get(rawOffset)?.get(index);
  }

  forgetBelow(position: bigint): void {
    for (const rawOffset of this.#reasons.keys()) if (rawOffset < position) this.#reasons.delete(rawOffset);
  }
}
