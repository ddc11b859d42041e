import { setTimeout as sleep } from 'node:timers/promises';

interface Letter<Message> {
  message: Message;
  done(): void;
}

/**
 * What others want of the one loop that owns a thread's state: the group member, takeovers in the
 * background, the stop signal. They put a message in, and the loop takes the messages out one by one between
 * two steps. So nothing of its state changes under it.
 */
export class Mailbox<Message> {
  #letters: Letter<Message>[] = [];
  #closed = false;
  #bell = new AbortController();

  /** Settles when the loop has done what the message says, or at once after `close`. */
  post(message: Message): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#letters.push({ message, done: resolve });
      this.#bell.abort();
    });
  }

  /** The loop has something to do, though there is no message about it. */
  readonly ring = (): void => this.#bell.abort();

  /** Aborted as soon as there is a message: for what the loop waits on. */
  get bell(): AbortSignal {
    return this.#bell.signal;
  }

  /** Settles at the next message, at once if there is one. */
  async rings(): Promise<void> {
    const { signal } = this.#bell;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  }

  /** Settles after `waitMsMax`, earlier at the next message, at once if there is one. */
  async waitForMessage(waitMsMax: number): Promise<void> {
    await sleep(waitMsMax, undefined, { signal: this.#bell.signal }).catch(() => undefined);
  }

  /** Works through the messages in order, and through those that come meanwhile. */
  async empty(act: (message: Message) => Promise<void>): Promise<void> {
    for (let letter = this.#letters.shift(); letter !== undefined; letter = this.#letters.shift()) {
      await act(letter.message);
      letter.done();
    }
    if (this.#bell.signal.aborted) this.#bell = new AbortController();
  }

  /** Nobody reads any more: whoever waits is let go. */
  close(): void {
    this.#closed = true;
    for (const letter of this.#letters.splice(0)) letter.done();
  }
}
