import { crc32 } from 'node:zlib';

const magicAt = 16;
const crcAt = 12;
/** Offset and size stand before what the size counts. */
const prefixBytes = 12;
const smallestBytes = 26;

/**
 * Messages of format 0 or 1 at the beginning of an answer: from before Kafka 0.11, kept in logs that were
 * never written anew. Brokers 4.x hand them out as they are, and nothing here reads them. Returns the offset
 * after the last one that is whole; undefined if the first one is something else. Unlike batches they have
 * a CRC-32 over everything from the magic on.
 */
export function oldFormatEnd(records: Buffer): bigint | undefined {
  let end: bigint | undefined;
  for (let at = 0; at + smallestBytes <= records.length;) {
    const next = at + prefixBytes + records.readInt32BE(at + 8);
    if (next < at + smallestBytes || next > records.length || records.readInt8(at + magicAt) > 1) break;
    const sound = crc32(records.subarray(at + magicAt, next)) === records.readUInt32BE(at + crcAt);
    if (!sound) break;
    end = records.readBigInt64BE(at) + 1n;
    at = next;
  }
  return end;
}
