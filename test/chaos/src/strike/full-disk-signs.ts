/**
 * How many lines of a broker's log say that its disk is full. A write to a file says ENOSPC in words. A write
 * to the memory map of an index gets SIGBUS instead, which HotSpot turns into an InternalError in compiled
 * code ("a fault occurred in ... unsafe memory access operation").
 */
export function signsOfFullDisk(log: string): number {
  const signs = /No space left on device|fault occurred in .{0,80}unsafe memory access operation/;
  return log.split('\n').filter((line) => signs.test(line)).length;
}
