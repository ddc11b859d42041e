export const quote = 0x22;
export const comma = 0x2c;
export const colon = 0x3a;
export const backslash = 0x5c;

export function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * 1 for the bytes that mean something between the values of a JSON text: brackets, quotes, commas, colons.
 */
export const structural = Uint8Array.from({ length: 256 }, (_, byte) => (isStructural(byte) ? 1 : 0));

export const stringStarts = 2;
/** What a byte does to the depth: 1, -1 or 0. `stringStarts` for a quote. */
export const nesting = Int8Array.from({ length: 256 }, (_, byte) => {
  if (byte === quote) return stringStarts;
  return Number(isOpening(byte)) - Number(isClosing(byte));
});

function isStructural(byte: number): boolean {
  return byte === quote || byte === comma || byte === colon || isOpening(byte) || isClosing(byte);
}

/** `[` or `{`. */
export function isOpening(byte: number): boolean {
  return (byte | 0x20) === 0x7b;
}

/** `]` or `}`. */
export function isClosing(byte: number): boolean {
  return (byte | 0x20) === 0x7d;
}

/** The first position from `start` that holds no white space, at most `end`. */
export function skipSpace(body: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isSpace(body[at]!)) at++;
  return at;
}

/** The position after the last byte before `end` that is not white space, at least `start`. */
export function trimEnd(body: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && isSpace(body[at - 1]!)) at--;
  return at;
}

/** RFC 8259 lets a reader ignore a byte order mark, and some clients write one. */
export function skipByteOrderMark(body: Uint8Array, start: number): number {
  return body[start] === 0xef && body[start + 1] === 0xbb && body[start + 2] === 0xbf ? start + 3 : start;
}
