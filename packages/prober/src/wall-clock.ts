/** The time of day, ms since 1970: for what leaves the process. Durations use `performance.now()`. */
export function wallClockMs(): number {
  return Date.now();
}
