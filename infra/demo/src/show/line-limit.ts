const secondMs = 1_000;

/**
 * Tells so many lines in a second, and of the rest only how many they were: a load test would write more than
 * a terminal shows, and take the processor from the pipeline.
 */
export class LineLimit {
  readonly #max: number;
  readonly #tell: (line: string) => void;
  #beganAt = -Infinity;
  #told = 0;
  #left = 0;

  constructor(max: number, tell: (line: string) => void) {
    this.#max = max;
    this.#tell = tell;
  }

  /** `line` is made only if it is told. `now`: a monotonic clock, ms. */
  take(line: () => string, now = performance.now()): void {
    if (now - this.#beganAt >= secondMs) {
      if (this.#left > 0) this.#tell(`... and ${this.#left} more`);
      this.#beganAt = now;
      this.#told = 0;
      this.#left = 0;
    }
    if (this.#told === this.#max) this.#left += 1;
    else {
      this.#told += 1;
      this.#tell(line());
    }
  }
}
