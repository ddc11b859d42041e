const firstWaitMs = 1_000;

/**
 * How long to wait after so many failures in a row: doubled each time up to `maxMs`, of which a random half
 * is left out, so that clients that failed together do not come back together. Never less than the server
 * asks for, and then up to a fifth more.
 */
export function waitMs(failures: number, maxMs: number, retryAfterMs: number, random: number): number {
  const backoffMs = Math.min(maxMs, firstWaitMs * 2 ** (failures - 1)) * (0.5 + random / 2);
  return Math.round(Math.max(backoffMs, retryAfterMs * (1 + random / 5)));
}
