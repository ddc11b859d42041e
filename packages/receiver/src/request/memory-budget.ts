/**
 * Memory of all requests that are being read, wait for Kafka, are refused while their body still comes, or
 * whose answer waits for those before it. Nothing buffers without it.
 */
export class MemoryBudget {
  readonly bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  fits(bytes: number): boolean {
    return this.#bytes + bytes <= this.bytesMax;
  }

  /** False when they do not fit; nothing is taken then. */
  take(bytes: number): boolean {
    if (!this.fits(bytes)) return false;
    this.#bytes += bytes;
    return true;
  }

  /** Takes them whether they fit or not: for what is there already. */
  hold(bytes: number): void {
    this.#bytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#bytes -= bytes;
  }
}
