import { keyBytes } from './dedup-generation.ts';
import type { Header } from '@penstock/kafka';
import type { WindowTime } from './window-time.ts';
import { emptyTally, tallyNames, type Tally } from './tally.ts';

/**
 * One record of events.seen: what one transaction made of one partition. It is written in that transaction,
 * so whoever reads it (read_committed) knows that the rest is there too.
 *
 * Layout, little-endian like every machine this runs on:
 *
 *     0  version, 1
 *     1  number of tallies (7)
 *     2  0, 0
 *     4  tallies, 4 bytes each, in the order of `tallyNames`
 *     then raw positions from and to, 8 bytes each: the raw records [from, to)
 *     then 24 bytes for each clean event: 16 of its key (tenant and event id), 8 of its content hash
 *
 * The record's timestamp is the time of the commit by the filter's clock, so that retention goes by when it
 * was written. Its header `stream-time` is the stream time of the partition, as decimal digits.
 */
export interface SeenRecord {
  readonly tally: Tally;
  readonly from: bigint;
  readonly to: bigint;
  /** 24 bytes a key; see DedupWindow. */
  readonly keys: Uint8Array;
}

const recordVersion = 1;
const talliesAt = 4;

export function encodeSeen(seen: SeenRecord): Buffer {
  const positionsAt = talliesAt + tallyNames.length * 4;
  const bytes = Buffer.allocUnsafe(positionsAt + 16 + seen.keys.length);
  bytes[0] = recordVersion;
  bytes[1] = tallyNames.length;
  bytes.writeUInt16LE(0, 2);
  for (const [n, name] of tallyNames.entries()) bytes.writeUInt32LE(seen.tally[name], talliesAt + n * 4);
  bytes.writeBigInt64LE(seen.from, positionsAt);
  bytes.writeBigInt64LE(seen.to, positionsAt + 8);
  bytes.set(seen.keys, positionsAt + 16);
  return bytes;
}

/**
 * @returns undefined for what is no such record, or one of a later version that cannot be read. A view of
 *   `bytes`.
 */
export function decodeSeen(bytes: Uint8Array): SeenRecord | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < talliesAt || buffer[0] !== recordVersion) return undefined;
  const tallies = buffer[1]!;
  const positionsAt = talliesAt + tallies * 4;
  const keysAt = positionsAt + 16;
  if (buffer.length < keysAt || (buffer.length - keysAt) % keyBytes !== 0) return undefined;
  const tally = emptyTally();
  // A later version may know more tallies, an earlier one fewer.
  for (const [n, name] of tallyNames.entries()) {
    if (n < tallies) tally[name] = buffer.readUInt32LE(talliesAt + n * 4);
  }
  return {
    tally,
    from: buffer.readBigInt64LE(positionsAt),
    to: buffer.readBigInt64LE(positionsAt + 8),
    keys: buffer.subarray(keysAt),
  };
}

/**
 * Keys of one record at most: 480 KB, below any max.message.bytes. A larger transaction writes several
 * records.
 */
export const seenKeysMax = 20_000;

/**
 * The records of one transaction and partition: the first carries the tally, further ones carry keys only.
 */
export function encodeSeenRecords(seen: SeenRecord): Buffer[] {
  const bytesMax = seenKeysMax * keyBytes;
  const records = [encodeSeen({ ...seen, keys: seen.keys.subarray(0, bytesMax) })];
  for (let at = bytesMax; at < seen.keys.length; at += bytesMax) {
    records.push(encodeSeen({ ...seen, tally: emptyTally(), keys: seen.keys.subarray(at, at + bytesMax) }));
  }
  return records;
}

const streamTimeHeader = 'stream-time';

/** What a record of events.seen says about its time, beside its timestamp. */
export function seenHeaders(time: WindowTime): Header[] {
  return [[streamTimeHeader, String(time.streamMs)]];
}

/** A record of an earlier version has one time only, that of the stream. */
export function seenTimeOf(record: {
  readonly timestampMs: number;
  headers(): readonly (readonly [name: string, value: Buffer | null])[];
}): WindowTime {
  const { timestampMs: commitMs } = record;
  const text =
    record
      .headers()
      .find(([name]) => name === streamTimeHeader)?.[1]
      ?.toString() ?? '';
  return { commitMs, streamMs: /^\d{1,15}$/.test(text) ? Number(text) : commitMs };
}
