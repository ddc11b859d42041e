/** Lets one caller wait until something has arrived. */
export class Arrivals {
  #resolve: (() => void) | undefined;

  get isAwaited(): boolean {
    return this.#resolve !== undefined;
  }

  /** Wakes the caller, if one waits. */
  ring(): void {
    this.#resolve?.();
  }

  /** Resolves at the next `ring`, after `maxWaitMs`, or when the signal aborts. */
  async next(maxWaitMs: number | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#resolve = resolve;
    const timer = maxWaitMs === undefined ? undefined : setTimeout(resolve, maxWaitMs);
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort);
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    this.#resolve = undefined;
  }
}
