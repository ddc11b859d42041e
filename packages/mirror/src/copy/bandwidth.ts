/** How much may be taken at once after a rest. */
const burstMs = 250;

/**
 * A limit of bytes a second for all shards of a process. Every byte costs time, and who takes bytes has to
 * wait until the time of all bytes before is over. So the flow is as smooth as the pieces are small, a piece
 * larger than a second's worth passes too, and the average holds exactly. All shards that wait may go on at
 * the same moment: what they take together is waited for afterwards.
 */
export class Bandwidth {
  readonly #bytesPerSecond: number;
  #paidUntil = -Infinity;
  #heldBackMs = 0;
  #heldBackUntil = -Infinity;

  /** Infinity: no limit. */
  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** For how long the limit has kept the process from copying, ms; shards that waited together count once. */
  get heldBackMs(): number {
    return this.#heldBackMs;
  }

  /** How long to take nothing, ms. */
  waitMs(now: number): number {
    return Math.max(0, this.#paidUntil - now);
  }

  took(bytes: number, now: number): void {
    this.#paidUntil = Math.max(this.#paidUntil, now - burstMs) + (bytes / this.#bytesPerSecond) * 1_000;
  }

  /** Somebody has waited because of the limit. */
  waited(from: number, to: number): void {
    this.#heldBackMs += Math.max(0, to - Math.max(from, this.#heldBackUntil));
    this.#heldBackUntil = Math.max(this.#heldBackUntil, to);
  }

  /** Whether anybody has waited within so many ms: then being behind is what the limit asks for. */
  heldBackWithin(ms: number, now: number): boolean {
    return now - this.#heldBackUntil <= ms || this.waitMs(now) > 0;
  }

  /** At most so much of an amount as the limit lets through in a time; at least 64 KiB. */
  atMost(bytes: number, ms: number): number {
    return Math.min(bytes, Math.max(64 * 1024, Math.floor((this.#bytesPerSecond * ms) / 1_000)));
  }
}
