import { isExact } from '../json/exact-numbers.ts';

const zero = 0x30;
const nine = 0x39;
/** So many digits make an integer that a double holds, and so many powers of ten are doubles too. */
const digitsMax = 15;
const powersOfTen = Float64Array.from({ length: digitsMax + 1 }, (_, power) => 10 ** power);

/** What `readNumber` found. */
export const found = {
  value: 0,
  /** The position after the number, or -1: not a number, or not one for the fast path. */
  end: -1,
  /** A double cannot hold it: it becomes the text of its digits. */
  isText: false,
};

/**
 * Reads the JSON number at `start`, exactly as JSON.parse does. Up to 15 digits without an exponent are
 * computed here: both the digits and the power of ten are exact, so that the one division rounds as it
 * should (Clinger 1990). Longer ones, such as 52.520006599999999, go through text. One with an exponent is
 * not for the fast path. The answer is in `found`.
 * @param lengthMax of the number in characters.
 */
export function readNumber(body: Buffer, start: number, end: number, lengthMax: number): void {
  found.end = -1;
  found.isText = false;
  let at = start;
  const isNegative = body[at] === 0x2d;
  if (isNegative) at++;
  const firstAt = at;
  let digits = 0;
  let byte = at < end ? body[at]! : 0;
  while (byte >= zero && byte <= nine) {
    digits = digits * 10 + (byte - zero);
    byte = ++at < end ? body[at]! : 0;
  }
  let count = at - firstAt;
  if (count === 0 || (count > 1 && body[firstAt] === zero)) return;
  let decimals = 0;
  if (byte === 0x2e) {
    const pointAt = at;
    byte = ++at < end ? body[at]! : 0;
    while (byte >= zero && byte <= nine) {
      digits = digits * 10 + (byte - zero);
      byte = ++at < end ? body[at]! : 0;
    }
    decimals = at - pointAt - 1;
    if (decimals === 0) return;
    count += decimals;
  }
  if ((byte | 0x20) === 0x65 || at - start > lengthMax) return;
  found.end = at;
  if (count <= digitsMax) {
    const value = decimals === 0 ? digits : digits / powersOfTen[decimals]!;
    found.value = isNegative ? -value : value;
    return;
  }
  const text = body.toString('latin1', start, at);
  found.value = Number(text);
  found.isText = !isExact(text);
}
