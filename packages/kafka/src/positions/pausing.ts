import { setTimeout as sleep } from 'node:timers/promises';

/** Sleeps; throws the signal's reason at once when it aborts. */
export async function pausing(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await sleep(waitMs, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
}
