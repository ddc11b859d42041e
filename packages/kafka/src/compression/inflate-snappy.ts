import { CorruptBatchError } from './corrupt-batch.ts';
import { Inflated } from './inflated.ts';

/**
 * Java's snappy streams are blocks after a "xerial" header (magic, version, lowest version). librdkafka
 * writes one bare block.
 */
export const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
export const xerialHeaderBytes = 16;

/** The format allows at most 64 bytes for a copy element of three bytes. */
const ratioMax = 22;

/**
 * Decompresses snappy, with Java's frame or without it (snappy's format_description.txt). It is JavaScript
 * for the reason given at `inflateLz4`.
 *
 * @throws CorruptBatchError
 */
export function inflateSnappy(bytes: Buffer, bytesMax: number): Buffer {
  if (!bytes.subarray(0, xerialMagic.length).equals(xerialMagic)) return inflateBlock(bytes, 0, bytesMax);
  const blocks: Buffer[] = [];
  let inflatedBytes = 0;
  let at = xerialHeaderBytes;
  if (at > bytes.length) throw new CorruptBatchError(`a snappy header of ${bytes.length} bytes`);
  while (at < bytes.length) {
    const end = at + 4 <= bytes.length ? at + 4 + bytes.readInt32BE(at) : -1;
    if (end < at + 4 || end > bytes.length)
      throw new CorruptBatchError(`a snappy block ends at ${end} of ${bytes.length} bytes`);
    const block = inflateBlock(bytes.subarray(at + 4, end), inflatedBytes, bytesMax);
    inflatedBytes += block.length;
    blocks.push(block);
    at = end;
  }
  return blocks.length === 1 ? blocks[0]! : Buffer.concat(blocks, inflatedBytes);
}

/**
 * A block starts with its inflated length as a varint, so the limit is checked before anything is allocated.
 */
function inflateBlock(block: Buffer, bytesBefore: number, bytesMax: number): Buffer {
  let announced = 0;
  let at = 0;
  for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
    byte = block[at++] ?? 0;
    if (at > 5) throw new CorruptBatchError('a snappy block without a length');
    announced += (byte & 0x7f) * scale;
  }
  if (bytesBefore + announced > bytesMax)
    throw new CorruptBatchError(`a snappy batch inflates to over ${bytesMax} bytes`);
  if (announced > block.length * ratioMax)
    throw new CorruptBatchError(`${block.length} bytes of snappy announce ${announced}`);
  const inflated = new Inflated(announced, announced);
  while (at < block.length) at = inflateElement(block, at, inflated);
  if (inflated.length !== announced)
    throw new CorruptBatchError(`a snappy block of ${inflated.length} bytes announces ${announced}`);
  return inflated.finish();
}

/**
 * One element: literals, or a copy of earlier bytes with a distance of 11, 16 or 32 bits. Answers where it
 * ends.
 */
function inflateElement(block: Buffer, start: number, inflated: Inflated): number {
  const tag = block[start]!;
  const high = tag >>> 2;
  let at = start + 1;
  switch (tag & 0b11) {
    case 0: {
      let length = high + 1;
      if (high >= 60) {
        const lengthBytes = high - 59;
        length = 1 + littleEndian(block, at, lengthBytes);
        at += lengthBytes;
      }
      inflated.literal(block, at, at + length);
      return at + length;
    }
    case 1:
      inflated.repeat(((tag >>> 5) << 8) | littleEndian(block, at, 1), 4 + (high & 0b111));
      return at + 1;
    case 2:
      inflated.repeat(littleEndian(block, at, 2), high + 1);
      return at + 2;
    default:
      inflated.repeat(littleEndian(block, at, 4), high + 1);
      return at + 4;
  }
}

function littleEndian(block: Buffer, at: number, byteCount: number): number {
  if (at + byteCount > block.length) throw new CorruptBatchError(`snappy is cut off at ${block.length}`);
  return block.readUIntLE(at, byteCount);
}
