import { parseTime } from '../normalise/parse-time.ts';

const dayMs = 86_400_000;
/** Days of a year before each month, without a leap day. */
const daysBefore = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/**
 * What `parseTime` says about the text in the body from `start` to `end`. The form that nearly all clients
 * write, 2026-11-23T11:59:59.123Z, is read from the bytes; everything else goes through text.
 */
export function readTime(body: Buffer, start: number, end: number): number | null {
  const ms = isoTime(body, start, end);
  return ms === -1 ? parseTime(body.toString('utf8', start, end)) : ms;
}

/** -1 for every other form, and for the times before 1970. */
function isoTime(body: Buffer, at: number, end: number): number {
  const length = end - at;
  if ((length !== 24 && length !== 20) || body[end - 1] !== 0x5a) return -1;
  if (body[at + 4] !== 0x2d || body[at + 7] !== 0x2d || body[at + 10] !== 0x54) return -1;
  if (body[at + 13] !== 0x3a || body[at + 16] !== 0x3a || (length === 24 && body[at + 19] !== 0x2e))
    return -1;
  const year = two(body, at) * 100 + two(body, at + 2);
  const month = two(body, at + 5);
  const day = two(body, at + 8);
  const hour = two(body, at + 11);
  const minute = two(body, at + 14);
  const second = two(body, at + 17);
  const thousandths = length === 20 ? 0 : two(body, at + 20) * 10 + digit(body[at + 22]!);
  // Anything that is no digit makes its part larger than it may be. A day after the 28th is a matter for
  // calendars, and a second of 60 too.
  if (!(year >= 1970 && year <= 9999 && month >= 1 && month <= 12 && day >= 1 && day <= 28)) return -1;
  if (!(hour <= 23 && minute <= 59 && second <= 59 && thousandths <= 999)) return -1;
  return daysSince1970(year, month, day) * dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + thousandths;
}

/** More than 99 when one of the two is no digit. */
function two(body: Uint8Array, at: number): number {
  return digit(body[at]!) * 10 + digit(body[at + 1]!);
}

function digit(byte: number): number {
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : 100_000;
}

function daysSince1970(year: number, month: number, day: number): number {
  const before = year - 1;
  const leapDays = Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) - 477;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const leap = isLeap && month > 2 ? 1 : 0;
  return 365 * (year - 1970) + leapDays + daysBefore[month - 1]! + leap + day - 1;
}
