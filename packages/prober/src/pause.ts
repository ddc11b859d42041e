import { setTimeout as sleep } from 'node:timers/promises';

/** Waits, ms; ends at once, without an error, when `signal` is aborted. */
export async function pause(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => undefined); // aborted: the caller looks
}
