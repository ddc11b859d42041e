import { setTimeout as sleep } from 'node:timers/promises';

/** Rejects with the signal's reason. */
export async function pause(ms: number, halt: AbortSignal): Promise<void> {
  halt.throwIfAborted();
  await sleep(ms, undefined, { signal: halt }).catch(() => halt.throwIfAborted());
}
