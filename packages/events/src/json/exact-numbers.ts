import { backslash, quote } from './json-bytes.ts';

/** What doubles guarantee: this many digits survive, as long as the number is not smaller than this. */
const safeDigits = 15;
const normalMin = 2.3e-308;
/** The most that `toPrecision` gives. */
const digitsMax = 100;

/**
 * The JSON text with quotes around every number that a double cannot hold, or null when there is none. Only
 * for text that JSON.parse has accepted.
 */
export function quoteInexactNumbers(body: Buffer, start: number, end: number): string | null {
  let quoted = '';
  let copied = start;
  for (let at = start; at < end;) {
    const byte = body[at]!;
    if (byte === quote) at = skipString(body, at + 1, end);
    else if (byte === 0x2d || isDigit(byte)) {
      const numberEnd = skipNumber(body, at, end);
      if (numberEnd - at > 4 && !isExact(body.toString('latin1', at, numberEnd))) {
        quoted += `${body.toString('utf8', copied, at)}"${body.toString('latin1', at, numberEnd)}"`;
        copied = numberEnd;
      }
      at = numberEnd;
    } else at++;
  }
  return copied === start ? null : quoted + body.toString('utf8', copied, end);
}

/**
 * Does the double of this JSON number give back every digit that was written? 0.1 and 1e20 do; 1e-400,
 * 1e400 and 9007199254740993.0 do not. An integer beyond 2^53 written without an exponent never counts as
 * exact, not even when it happens to be: an id must not be a number one day and a text the next.
 */
export function isExact(text: string): boolean {
  const value = Number(text);
  if (!Number.isFinite(value)) return false;
  if (value === 0) return isZero(text);
  const written = decimalOf(text);
  if (!written.hasExponent && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;
  const { length } = written.digits;
  if (length <= safeDigits && Math.abs(value) >= normalMin) return true;
  // The shortest text of a double is not always its rounding to that many digits: 0.25 may be written as
  // 0.2 or 0.3.
  if (isSame(written, decimalOf(String(value)))) return true;
  return length <= digitsMax && isSame(written, decimalOf(value.toPrecision(length)));
}

function isSame(a: Decimal, b: Decimal): boolean {
  return a.digits === b.digits && a.scale === b.scale;
}

/** No digit of the mantissa is anything but 0. */
function isZero(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code > 0x30 && code <= 0x39) return false;
    if ((code | 0x20) === 0x65) break;
  }
  return true;
}

/** 0.digits * 10^scale, without zeros at either end of the digits. */
interface Decimal {
  readonly digits: string;
  readonly scale: number;
  readonly hasExponent: boolean;
}

function decimalOf(text: string): Decimal {
  const [mantissa = '', exponent] = text.toLowerCase().split('e');
  const unsigned = mantissa.startsWith('-') ? mantissa.slice(1) : mantissa;
  const point = unsigned.indexOf('.');
  const whole = point === -1 ? unsigned : unsigned.slice(0, point);
  const all = point === -1 ? unsigned : whole + unsigned.slice(point + 1);
  const first = firstDigit(all);
  const scale = whole.length - first + Number(exponent ?? 0);
  return { digits: all.slice(first, lastDigit(all)), scale, hasExponent: exponent !== undefined };
}

/** The position of the first digit that is not 0, or the length. */
function firstDigit(digits: string): number {
  let at = 0;
  while (digits[at] === '0') at++;
  return at;
}

/** The position after the last digit that is not 0. */
function lastDigit(digits: string): number {
  let at = digits.length;
  while (digits[at - 1] === '0') at--;
  return at;
}

function skipString(body: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const byte = body[at++]!;
    if (byte === quote) break;
    if (byte === backslash) at++;
  }
  return at;
}

/** The position after the number: its digits, point, exponent and signs. */
function skipNumber(body: Uint8Array, start: number, end: number): number {
  let at = start + 1;
  while (at < end) {
    const byte = body[at]!;
    if (!isDigit(byte) && byte !== 0x2e && byte !== 0x2b && byte !== 0x2d && (byte | 0x20) !== 0x65) break;
    at++;
  }
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
