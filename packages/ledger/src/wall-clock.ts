/** The time of day as people read it. Only for what leaves the process. */
export function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
