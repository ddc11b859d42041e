import { contentEndOf } from './encode-event.ts';
import { headerBytes } from './single-object.ts';

/** Bytes of a content hash. */
export const contentHashBytes = 8;

/** The primes of xxHash32 (Collet). */
const prime1 = 0x9e3779b1 | 0;
const prime2 = 0x85ebca77 | 0;
const prime3 = 0xc2b2ae3d | 0;
const prime4 = 0x27d4eb2f | 0;

/** Words cannot be read at every position of a buffer, so the content is copied to where they can. */
let scratch = Buffer.from(new ArrayBuffer(64 * 1024));
let words = new Int32Array(scratch.buffer);

/**
 * 8 bytes over the client's own fields except sent_at, read from an encoded event. Two events with one id and
 * different hashes are a conflict, not a retry. The rounds are those of xxHash32, four lanes of words side by
 * side, with two different ends. It tells accidents apart; nobody gains by making two contents look alike.
 * 0.13 us for 800 bytes, where SHA-1 by node:crypto took 0.78.
 * @param contentEnd the position after the last of these fields, when it is known.
 */
export function contentHash(encoded: Uint8Array, contentEnd = contentEndOf(encoded)): Buffer {
  const length = contentEnd - headerBytes;
  const padded = (length + 15) & ~15;
  if (padded > scratch.length) {
    scratch = Buffer.from(new ArrayBuffer(2 * padded));
    words = new Int32Array(scratch.buffer);
  }
  scratch.set(encoded.subarray(headerBytes, contentEnd));
  scratch.fill(0, length, padded);
  let a = (prime1 + prime2) | 0;
  let b = prime2;
  let c = 0;
  let d = -prime1 | 0;
  for (let i = 0; i < padded >> 2; i += 4) {
    a = round(a, words[i]!);
    b = round(b, words[i + 1]!);
    c = round(c, words[i + 2]!);
    d = round(d, words[i + 3]!);
  }
  const hash = Buffer.allocUnsafe(contentHashBytes);
  const lanes = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18) + length;
  hash.writeInt32LE(avalanche(lanes), 0);
  const again = round(round(round(round(length, d), b), c), a);
  hash.writeInt32LE(avalanche(again ^ prime4), 4);
  return hash;
}

function round(lane: number, word: number): number {
  return Math.imul(rotate((lane + Math.imul(word, prime2)) | 0, 13), prime1);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function avalanche(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 15), prime2);
  mixed = Math.imul(mixed ^ (mixed >>> 13), prime3);
  return mixed ^ (mixed >>> 16);
}
