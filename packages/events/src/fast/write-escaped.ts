/** What the byte after a backslash stands for; 0 for none. */
const simple = new Uint8Array(256);
for (const [byte, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t'].map((pair) => [
  pair.charCodeAt(0),
  pair.charCodeAt(1),
])) {
  simple[byte!] = meaning!;
}

/**
 * Writes what the escape at `at` stands for, as UTF-8.
 * @returns how many bytes were read, and how many written times 256; 0 for what is no escape, and for NUL and
 *   half a surrogate pair, which an event cannot keep.
 */
export function writeEscaped(body: Uint8Array, at: number, end: number, to: Uint8Array, out: number): number {
  if (at + 1 >= end) return 0;
  const kind = body[at + 1]!;
  const meaning = simple[kind]!;
  if (meaning !== 0) {
    to[out] = meaning;
    return 0x102;
  }
  if (kind !== 0x75) return 0;
  const unit = codeUnit(body, at + 2, end);
  if (unit <= 0) return 0;
  if (unit < 0xd800 || unit > 0xdfff) return 6 + 256 * writeUtf8(unit, to, out);
  if (unit > 0xdbff || at + 7 >= end || body[at + 6] !== 0x5c || body[at + 7] !== 0x75) return 0;
  const low = codeUnit(body, at + 8, end);
  if (low < 0xdc00 || low > 0xdfff) return 0;
  return 12 + 256 * writeUtf8(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), to, out);
}

/** The number of four hexadecimal digits, or -1. */
function codeUnit(body: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  let unit = 0;
  for (let i = 0; i < 4; i++) {
    const digit = hexDigits[body[at + i]!]!;
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

/** The value of a hexadecimal digit in either case, -1 for all other bytes. */
export const hexDigits = Int8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase());
  return byte < 0x80 ? digit : -1;
});

function writeUtf8(code: number, to: Uint8Array, start: number): number {
  if (code < 0x80) {
    to[start] = code;
    return 1;
  }
  if (code < 0x800) {
    to[start] = 0xc0 | (code >> 6);
    to[start + 1] = 0x80 | (code & 0x3f);
    return 2;
  }
  if (code < 0x1_0000) {
    to[start] = 0xe0 | (code >> 12);
    to[start + 1] = 0x80 | ((code >> 6) & 0x3f);
    to[start + 2] = 0x80 | (code & 0x3f);
    return 3;
  }
  to[start] = 0xf0 | (code >> 18);
  to[start + 1] = 0x80 | ((code >> 12) & 0x3f);
  to[start + 2] = 0x80 | ((code >> 6) & 0x3f);
  to[start + 3] = 0x80 | (code & 0x3f);
  return 4;
}
