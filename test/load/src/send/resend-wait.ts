const backoffMinMs = 50;
const backoffMaxMs = 2_000;
/** A server that asks for more is believed to this point. */
const retryAfterMaxMs = 60_000;

/**
 * How long a good client waits before it sends again: longer each time, never less than the Retry-After
 * that it was given, and spread, so that clients do not come back together. `draw` is from 0 up to 1.
 */
export function resendWaitMs(attempt: number, retryAfterMs: number, draw: number): number {
  const backoffMs = Math.min(backoffMaxMs, backoffMinMs * 2 ** Math.min(attempt, 6)) * (0.5 + draw);
  return Math.max(backoffMs, Math.min(retryAfterMs, retryAfterMaxMs) * (1 + draw / 4));
}

/** Milliseconds of a Retry-After header: seconds or a date; 0 without one. */
export function retryAfterMs(header: string | undefined, nowMs: number): number {
  if (header === undefined) return 0;
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - nowMs);
}
