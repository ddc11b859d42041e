/** Room for a long or the length of a text. */
export const varintBytesMax = 10;

/** Writes an integer of at most 2^53 in zigzag form, as Avro's int and long are. @returns the end. */
export function writeLong(to: Uint8Array, start: number, value: number): number {
  let at = start;
  if (value >= -0x4000_0000 && value < 0x4000_0000) {
    let zigzag = (value << 1) ^ (value >> 31);
    while (zigzag > 0x7f) {
      to[at++] = (zigzag & 0x7f) | 0x80;
      zigzag >>>= 7;
    }
    to[at++] = zigzag;
    return at;
  }
  let high = value >= 0 ? value * 2 : -value * 2 - 1;
  // Doubled, 2^53 still is a double. The low 28 bits go by bit operations, the rest after one division.
  while (high >= 0x1000_0000) {
    to[at++] = (high % 128) | 0x80;
    high = Math.floor(high / 128);
  }
  while (high > 0x7f) {
    to[at++] = (high & 0x7f) | 0x80;
    high >>>= 7;
  }
  to[at++] = high;
  return at;
}

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Little-endian, like every machine that this runs on. */
export function writeDouble(to: Uint8Array, start: number, value: number): number {
  double[0] = value;
  for (let i = 0; i < 8; i++) to[start + i] = doubleBytes[i]!;
  return start + 8;
}

/** With its length before it. Short texts byte by byte: a call of `copy` costs as much as 60 of them. */
export function writeBytes(
  to: Buffer,
  start: number,
  from: Buffer,
  fromStart: number,
  fromEnd: number,
): number {
  const length = fromEnd - fromStart;
  const at = writeLong(to, start, length);
  if (length > 64) from.copy(to, at, fromStart, fromEnd);
  else for (let i = 0; i < length; i++) to[at + i] = from[fromStart + i]!;
  return at + length;
}

export function writeText(to: Buffer, start: number, text: string): number {
  const { length } = text;
  if (length < 64) {
    let i = 0;
    for (; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code >= 0x80) break;
      to[start + 1 + i] = code;
    }
    if (i === length) {
      to[start] = length << 1;
      return start + 1 + length;
    }
  }
  const at = writeLong(to, start, Buffer.byteLength(text));
  return at + to.write(text, at);
}
