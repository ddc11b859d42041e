/** Looks for something again and again until it is disposed of, and remembers what the last look found. */
export class RepeatedLook<Found> implements Disposable {
  readonly #look: (known: readonly Found[], signal: AbortSignal) => Promise<readonly Found[]>;
  readonly #failed: (error: unknown) => void;
  readonly #everyMs: number;
  readonly #closing = new AbortController();
  #found: readonly Found[] = [];
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param look is told what the look before it found.
   * @param failed is not called any more once it is disposed of.
   */
  constructor(
    look: (known: readonly Found[], signal: AbortSignal) => Promise<readonly Found[]>,
    failed: (error: unknown) => void,
    everyMs: number,
  ) {
    this.#look = look;
    this.#failed = failed;
    this.#everyMs = everyMs;
    void this.#again();
  }

  get found(): readonly Found[] {
    return this.#found;
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearTimeout(this.#timer);
  }

  async #again(): Promise<void> {
    const { signal } = this.#closing;
    try {
      this.#found = await this.#look(this.#found, signal);
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
    if (!signal.aborted) this.#timer = setTimeout(() => void this.#again(), this.#everyMs).unref();
  }
}
