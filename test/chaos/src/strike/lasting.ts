import { setTimeout as sleep } from 'node:timers/promises';

/** How long a fault is on: by the plan, or until somebody wants an end of it all. */
export class Lasting {
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  get isOver(): boolean {
    return this.#signal.aborted;
  }

  /** Settles after so long, or at once when all is to end. */
  async seconds(seconds: number): Promise<void> {
    await sleep(Math.max(0, seconds) * 1_000, undefined, { signal: this.#signal }).catch(() => undefined);
  }
}
