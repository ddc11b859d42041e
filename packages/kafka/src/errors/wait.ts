import { setTimeout as sleep } from 'node:timers/promises';

/** Resolves after `waitMs`. Throws the signal's reason as soon as it aborts. */
export async function wait(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
}
