/** Zigzag varints as in records (protobuf's sint encoding), for values within +-2^52. */

/** The bytes that `value` takes: 1 to 8. */
export function varintBytes(value: number): number {
  let zigzag = value >= 0 ? value * 2 : value * -2 - 1;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  let bytes = 4;
  for (zigzag = Math.floor(zigzag / 0x20_0000); zigzag >= 0x80; zigzag = Math.floor(zigzag / 0x80)) bytes++;
  return bytes;
}

/** Writes `value`, and answers where it ends. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let zigzag = value >= 0 ? value * 2 : value * -2 - 1;
  let end = at;
  // Bit operations work on 32 bits only. Lengths nearly always fit; differences of timestamps may not.
  while (zigzag > 0x7fffffff) {
    buffer[end++] = (zigzag % 0x80) | 0x80;
    zigzag = Math.floor(zigzag / 0x80);
  }
  while (zigzag >= 0x80) {
    buffer[end++] = (zigzag & 0x7f) | 0x80;
    zigzag >>>= 7;
  }
  buffer[end++] = zigzag;
  return end;
}
