/**
 * The only file of this package that reads the wall clock: for what leaves the process or comes from another
 * one, such as the age of an event. Whatever is measured or waited for inside the process uses
 * `performance.now()`, which no administrator and no time server moves.
 *
 * @returns milliseconds since 1970.
 */
export function wallClockMs(): number {
  return Date.now();
}

/**
 * The wall clock as it was when this thread started, and the monotonic clock since: it never steps, neither
 * ahead nor back. For times that are written down and compared later.
 *
 * @returns milliseconds since 1970, whole.
 */
export function steadyClockMs(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
