/**
 * Milliseconds since 1970 by the clock of the device, which people and networks set back and forth. Only for
 * times that leave the page or outlive it: waits are timers.
 */
export function wallClockMs(): number {
  return Date.now();
}
