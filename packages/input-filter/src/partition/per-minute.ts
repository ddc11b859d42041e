/** Lets a few through in each minute: for samples in the log and in events.rejected. */
export class PerMinute {
  readonly #most: number;
  #minute = -1;
  #used = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** True for the first few calls of each minute. */
  allows(now = performance.now()): boolean {
    const minute = Math.floor(now / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = 0;
    }
    this.#used += 1;
    return this.#used <= this.#most;
  }
}
