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
  #paidUntilAt = -Infinity;
  #heldBackMs = 0;
  #heldBackUntilAt = -Infinity;

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
    return Math.max(0, this.#paidUntilAt - now);
  }

  took(bytes: number, now: number): void {
    this.#paidUntilAt = Math.max(this.#paidUntilAt, now - burstMs) + (bytes / this.#bytesPerSecond) * 1_000;
  }

  /** Somebody has waited because of the limit. */
  waited(fromAt: number, toAt: number): void {
    this.#heldBackMs += Math.max(0, toAt - Math.max(fromAt, this.#heldBackUntilAt));
    this.#heldBackUntilAt = Math.max(this.#heldBackUntilAt, toAt);
  }

  /** Whether anybody has waited within so many ms: then being behind is what the limit asks for. */
  heldBackWithin(ms: number, now: number): boolean {
    return now - this.#heldBackUntilAt <= ms || this.waitMs(now) > 0;
  }

  /** `bytes`, or what the limit lets through in `ms` if that is less. The limit is 64 KiB at least. */
  atMost(bytes: number, ms: number): number {
    return Math.min(bytes, Math.max(64 * 1024, Math.floor((this.#bytesPerSecond * ms) / 1_000)));
  }
}
