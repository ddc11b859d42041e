/** Zigzag varints as records use them (protobuf's sint encoding), for values within +-2^52. */

/** Bytes that `value` takes: 1..8. */
export function varintBytes(value: number): number {
  let zigzag = value >= 0 ? value * 2 : value * -2 - 1;
  let bytes = 1;
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 0x80);
    bytes++;
  }
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
