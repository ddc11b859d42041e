/**
 * Shifts a CRC over `byteCount` zero bytes. With it the checksum of a long run of bytes is corrected after
 * its beginning was changed, without reading the rest.
 *
 * A CRC is linear: if two byte strings are equal after a prefix, their checksums differ by the difference of
 * the prefixes' checksums, shifted over as many zero bytes as follow. A shift is a multiplication by x^(8 *
 * byteCount) modulo the CRC32C polynomial (the "combine" operation of zlib's crc32_combine).
 */
export function crc32cShift(crc: number, byteCount: number): number {
  let shifted = crc >>> 0;
  let rest = byteCount;
  for (let digit = 0; rest !== 0; digit += 1) {
    const low = rest & 0xff;
    if (low !== 0) shifted = multiply(powers[digit * 256 + low] as number, shifted);
    rest >>>= 8;
  }
  return shifted;
}

/**
 * CRC32C (Castagnoli), with reversed bits like the checksum itself: the highest bit is the coefficient of
 * x^0.
 */
const polynomial = 0x82f63b78;
const one = 0x80000000;

function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) {
      product ^= factor;
      if ((a & (bit - 1)) === 0) break;
    }
    factor = (factor & 1) !== 0 ? (factor >>> 1) ^ polynomial : factor >>> 1;
  }
  return product >>> 0;
}

/**
 * powers[256 * d + n] = x^(8 * n * 256^d): one multiplication for each base-256 digit of the length, at most
 * four.
 */
const powers = tabulate();

function tabulate(): Uint32Array {
  const table = new Uint32Array(4 * 256);
  let step = one >>> 8; // x^8: one zero byte
  for (let digit = 0; digit < 4; digit += 1) {
    let power = one;
    for (let n = 0; n < 256; n += 1) {
      table[digit * 256 + n] = power;
      power = multiply(power, step);
    }
    step = power; // x^(8 * 256^(digit + 1))
  }
  return table;
}
