const bytesMin = 16 * 1024;

/**
 * How many bytes one transaction may carry. A broker that throttles answers at once, and then reads nothing
 * for as long as the quota is exceeded. What a transaction still has to send must fit into its lifetime, or
 * the broker aborts it and its bytes have been counted for nothing. So transactions shrink until they pass,
 * and grow again when nothing throttles them.
 */
export class CommitBudget {
  readonly #bytesMax: number;
  readonly #lifetimeMs: number;
  #bytes: number;

  /** `lifetimeMs`: how long the broker lets a transaction live. */
  constructor(bytesMax: number, lifetimeMs: number) {
    this.#bytesMax = bytesMax;
    this.#lifetimeMs = lifetimeMs;
    this.#bytes = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** A transaction of so many bytes was committed. Its broker throttles for so long from now on. */
  passed(bytes: number, throttledMs: number): void {
    if (throttledMs > this.#lifetimeMs / 4) this.#shrinkBelow(bytes, 2);
    else if (throttledMs === 0) this.#bytes = Math.min(this.#bytesMax, 2 * this.#bytes);
  }

  /** A transaction of so many bytes was given up because it was throttled for too long. */
  failed(bytes: number): void {
    this.#shrinkBelow(bytes, 4);
  }

  #shrinkBelow(bytes: number, by: number): void {
    this.#bytes = Math.max(bytesMin, Math.floor(Math.min(this.#bytes, bytes) / by));
  }
}
