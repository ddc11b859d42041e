import { once } from 'node:events';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a process used while it was watched, in bytes. */
export interface MemoryTaken {
  rssBefore: number;
  rssMax: number;
  /** The most that the producer or fetcher counted itself. */
  heldMax: number;
}

/** Looks every 10 ms, and whenever `look` is called. Collects earlier garbage first (--expose-gc). */
export function watchMemory(held: () => number): { look(): void; stop(): MemoryTaken } {
  globalThis.gc?.();
  const taken = { rssBefore: process.memoryUsage.rss(), rssMax: 0, heldMax: 0 };
  const look = (): void => {
    taken.heldMax = Math.max(taken.heldMax, held());
  };
  const timer = setInterval(() => {
    taken.rssMax = Math.max(taken.rssMax, process.memoryUsage.rss());
    look();
  }, 10);
  return {
    look,
    stop() {
      clearInterval(timer);
      return taken;
    },
  };
}

/** The CPU that this process uses while it has nothing to do, as a part of one core. */
export async function idleCpu(forMs: number): Promise<number> {
  const before = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, forMs));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000 / forMs;
}

/**
 * A separate process, so that its memory can be measured. It sends a message when it is ready, and one at the
 * end.
 */
export class WatchedProcess<Result> implements Disposable {
  readonly #child;
  readonly #messages: unknown[] = [];
  #heard: (() => void) | undefined;
  #ended = false;

  constructor(fixture: string, environment: Record<string, string>) {
    const path = fileURLToPath(new URL(fixture, import.meta.url));
    const env = { ...process.env, ...environment };
    this.#child = fork(path, [], { env, execArgv: ['--expose-gc'], serialization: 'advanced' });
    this.#child.on('message', (message) => {
      this.#messages.push(message);
      this.#heard?.();
    });
    this.#child.once('exit', () => {
      this.#ended = true;
      this.#heard?.();
    });
  }

  async ready(): Promise<void> {
    await this.#message(0);
  }

  /** Lets it go on, and resolves with its last message. */
  async result(): Promise<Result> {
    this.#child.send('go');
    const result = (await this.#message(1)) as Result;
    if (!this.#ended) await once(this.#child, 'exit');
    return result;
  }

  [Symbol.dispose](): void {
    if (!this.#ended) this.#child.kill('SIGKILL');
  }

  async #message(index: number): Promise<unknown> {
    while (this.#messages.length <= index) {
      if (this.#ended) throw new Error('the process ended before it sent its message');
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#heard = resolve;
      await promise;
    }
    return this.#messages[index];
  }
}

/** Called in the process: says that it is ready, and waits until it may go on. */
export async function readyToGo(): Promise<void> {
  process.send?.('ready');
  await once(process, 'message');
}

/** Called in the process: its last message. */
export function sayResult(result: object): void {
  process.send?.(result, undefined, undefined, () => process.disconnect?.());
}
