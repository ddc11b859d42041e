import { CorruptBatchError } from './corrupt-batch.ts';
import { Inflated } from './inflated.ts';

const magic = 0x184d2204;
const blockChecksumFlag = 0x10;
const contentSizeFlag = 0x08;
const contentChecksumFlag = 0x04;
const dictionaryFlag = 0x01;

/**
 * Decompresses LZ4 frames (lz4_Frame_format.md) as Kafka's clients write them. It ignores their checksums:
 * the CRC32C of the batch covers the same bytes.
 *
 * This is JavaScript on purpose. One damaged batch makes the wire library's WASM trap. Its memory is broken
 * from then on, and every later batch of the process fails, also when compressing.
 *
 * @throws CorruptBatchError
 */
export function inflateLz4(bytes: Buffer, bytesMax: number): Buffer {
  const inflated = new Inflated(4 * bytes.length, bytesMax);
  let at = 0;
  while (at < bytes.length) at = inflateFrame(bytes, at, inflated);
  return inflated.finish();
}

/** Returns where the frame ends. */
function inflateFrame(bytes: Buffer, start: number, inflated: Inflated): number {
  if (start + 7 > bytes.length || bytes.readUInt32LE(start) !== magic)
    throw new CorruptBatchError(`no LZ4 frame at ${start} of ${bytes.length} bytes`);
  const flags = bytes[start + 4]!;
  if (flags >>> 6 !== 1 || flags & dictionaryFlag)
    throw new CorruptBatchError(`an LZ4 frame of another kind (${flags})`);
  let at = start + 7 + (flags & contentSizeFlag ? 8 : 0);
  for (;;) {
    if (at === bytes.length) return at; // the end mark is missing, but it would hold nothing
    if (at + 4 > bytes.length) throw new CorruptBatchError(`an LZ4 frame is cut off at ${bytes.length}`);
    const header = bytes.readUInt32LE(at);
    at += 4;
    if (header === 0) return at + (flags & contentChecksumFlag ? 4 : 0);
    const end = at + (header & 0x7fffffff);
    if (end > bytes.length)
      throw new CorruptBatchError(`an LZ4 block ends at ${end} of ${bytes.length} bytes`);
    if (header >>> 31 === 1) inflated.literal(bytes, at, end);
    else inflateBlock(bytes, at, end, inflated);
    at = end + (flags & blockChecksumFlag ? 4 : 0);
  }
}

/** A block is sequences: literals, then a repetition of at least four bytes; the last has literals only. */
function inflateBlock(bytes: Buffer, start: number, end: number, inflated: Inflated): void {
  let at = start;
  while (at < end) {
    const token = bytes[at++]!;
    let literals = token >>> 4;
    if (literals === 15) {
      const more = extension(bytes, at);
      literals += more;
      at += extensionBytes(more);
    }
    if (at + literals > end) throw new CorruptBatchError(`literals reach to ${at + literals} of ${end}`);
    inflated.literal(bytes, at, at + literals);
    at += literals;
    if (at === end) return;
    if (at + 2 > end) throw new CorruptBatchError(`an LZ4 block is cut off at ${end}`);
    const distance = bytes[at]! | (bytes[at + 1]! << 8);
    at += 2;
    let length = 4 + (token & 15);
    if (length === 19) {
      const more = extension(bytes, at);
      length += more;
      at += extensionBytes(more);
    }
    inflated.repeat(distance, length);
  }
  throw new CorruptBatchError('an LZ4 block ends without literals');
}

/** What is added to a length of 15: bytes of 255, and one that is less. */
function extension(bytes: Buffer, start: number): number {
  let more = 0;
  for (let at = start; ; at++) {
    const byte = bytes[at] ?? 0;
    more += byte;
    if (byte < 255) return more;
  }
}

function extensionBytes(more: number): number {
  return Math.floor(more / 255) + 1;
}
