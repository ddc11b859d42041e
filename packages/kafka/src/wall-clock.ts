/**
 * Milliseconds since 1970, for times that leave the process. Everything that is waited for is measured by
 * `performance.now()`.
 */
export function wallClockMs(): number {
  return Date.now();
}
