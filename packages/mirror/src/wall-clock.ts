/**
 * The time of day, for what leaves the process: record times, the ledger, logs and status. Whatever is waited
 * for or measured uses `performance.now()`, which nobody can set back.
 */
export function wallClockMs(): number {
  return Date.now();
}

export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
