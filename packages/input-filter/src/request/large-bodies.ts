/**
 * How many large bodies one thread holds inflated at a time. This bounds its memory for them, however many
 * partitions it has. A partition that waits for its turn waits alone, and small bodies never wait.
 */
export class LargeBodies {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  /** Settles when it is this body's turn. Each call needs one `leave`, later. */
  async enter(): Promise<void> {
    if (this.#free === 0) return new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= 1;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }
}
