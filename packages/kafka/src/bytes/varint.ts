/** Zigzag varints as records use them (protobuf's sint encoding), for values within +-2^52. */

/** Bytes that `value` takes: 1..8. */
export function varintBytes(value: number): number {
  let zigzag = value >= 0 ? value * 2 : value * -2 - 1;
  if (zigzag < 0x80) return 1;
  if (zigzag < 0x4000) return 2;
  if (zigzag < 0x20_0000) return 3;
  let bytes = 4;
  for (zigzag = Math.floor(zigzag / 0x20_0000); zigzag >= 0x80; zigzag = Math.floor(zigzag / 0x80)) bytes++;
  return bytes;
}

/** Writes and answers the place after it. */
export function writeVarint(buffer: Buffer, at: number, value: number): number {
  let zigzag = value >= 0 ? value * 2 : value * -2 - 1;
  let end = at;
  // Bit operations are for 32 bits only; lengths nearly always fit, timestamps deltas may not.
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
