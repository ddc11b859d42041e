import { crc32 } from 'node:zlib';
import type { KeyedRecord } from '../raw/raw-record.ts';

/**
 * One record in a file of the spool: magic, length of the rest (u32), CRC-32 of the rest (u32), and the rest:
 * timestamp (f64), key (u16 + bytes), headers (u16, each name u16 + bytes and value u32 + bytes), value.
 */
export function encodeFrame({ key, value, headers = [], timestampMs }: KeyedRecord): Buffer {
  const named = headers.map(([name, header]) => [Buffer.from(name), Buffer.from(header ?? '')] as const);
  const headerBytes = named.reduce((sum, [name, header]) => sum + 6 + name.length + header.length, 0);
  const length = 8 + 2 + key.length + 2 + headerBytes + value.length;
  const frame = Buffer.allocUnsafe(startBytes + length);
  magic.copy(frame, 0);
  frame.writeUInt32BE(length, 4);
  let at = frame.writeDoubleBE(timestampMs, startBytes);
  at = frame.writeUInt16BE(key.length, at);
  at += key.copy(frame, at);
  at = frame.writeUInt16BE(named.length, at);
  for (const [name, header] of named) {
    at = frame.writeUInt16BE(name.length, at);
    at += name.copy(frame, at);
    at = frame.writeUInt32BE(header.length, at);
    at += header.copy(frame, at);
  }
  value.copy(frame, at);
  frame.writeUInt32BE(crc32(frame.subarray(startBytes)), 8);
  return frame;
}

export interface Frame {
  record: KeyedRecord;
  /** Where the next one begins. */
  end: number;
}

/** The frame at `at`, its bytes views into `bytes`. Undefined: there is none that is whole. */
export function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + startBytes > bytes.length || bytes.compare(magic, 0, 4, at, at + 4) !== 0) return undefined;
  const end = at + startBytes + bytes.readUInt32BE(at + 4);
  if (end > bytes.length || end < at + leastBytes) return undefined;
  const rest = bytes.subarray(at + startBytes, end);
  if (crc32(rest) !== bytes.readUInt32BE(at + 8)) return undefined;
  return { record: recordOf(rest), end };
}

/** The next whole frame after damaged bytes. */
export function nextFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (frameAt(bytes, at)) return at;
  }
  return undefined;
}

const magic = Buffer.from('PSP1');
const startBytes = 12;
const leastBytes = startBytes + 12;

/** The checksum has said that the bytes are those that were written. */
function recordOf(rest: Buffer): KeyedRecord {
  const timestampMs = rest.readDoubleBE(0);
  let at = 8;
  const take = (length: number): Buffer => rest.subarray(at, (at += length));
  const short = (): number => take(2).readUInt16BE(0);
  const key = take(short());
  const headers = Array.from({ length: short() }, () => {
    const name = take(short()).toString();
    return [name, take(take(4).readUInt32BE(0))] as const;
  });
  return { key, value: rest.subarray(at), headers, timestampMs };
}
