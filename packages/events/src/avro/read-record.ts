import { isUtf8 } from 'node:buffer';
import { isRecord } from './fingerprint.ts';
import type { AvroField, AvroSchema } from './schema.ts';

/** What reading noticed about a record. Its values stay usable. */
export interface AvroFindings {
  /** Some string is not UTF-8: U+FFFD stands where it is broken. */
  brokenText: boolean;
  /** Some map has the same key twice, and only the last value is there. */
  repeatedKey: boolean;
  /** Some map has the key `__proto__`, which an object cannot safely hold: it is left out. */
  prototypeKey: boolean;
  /** Some boolean is neither 0 nor 1, or some long has more than 64 bits. */
  brokenValue: boolean;
}

export interface AvroReading {
  readonly record: Record<string, unknown>;
  readonly findings: AvroFindings;
}

interface Cursor extends AvroFindings {
  readonly bytes: Buffer;
  at: number;
}

type Read = (cursor: Cursor) => unknown;

/**
 * Reads a record that `createMeasure` has measured, so that every length in it is true. The Avro library
 * cannot be used for this: it throws at a long beyond 2^53, loses the sign of others, and assigns map keys
 * to a plain object. A long beyond 2^53 becomes the text of its digits. Fixed values and strings are
 * copies.
 */
export function createRecordReader(
  fields: readonly AvroField[],
): (bytes: Buffer, position: number) => AvroReading {
  const read = recordReader(fields);
  return (bytes, position) => {
    const cursor: Cursor = {
      ...{ bytes, at: position, brokenText: false },
      ...{ repeatedKey: false, prototypeKey: false, brokenValue: false },
    };
    return { record: read(cursor) as Record<string, unknown>, findings: cursor };
  };
}

function readerOf(schema: AvroSchema): Read {
  if (Array.isArray(schema)) {
    const branches = (schema as readonly AvroSchema[]).map(readerOf);
    return (cursor) => branches[Number(readLong(cursor))]!(cursor);
  }
  if (typeof schema === 'string') return primitive(schema);
  if (isRecord(schema)) return recordReader(schema.fields);
  const other = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if ('size' in other && other.size !== undefined) return fixedReader(other.size);
  if ('symbols' in other && other.symbols !== undefined) {
    const { symbols } = other;
    return (cursor) => symbols[Number(readLong(cursor))];
  }
  if ('values' in other && other.values !== undefined) return mapReader(readerOf(other.values));
  if ('items' in other && other.items !== undefined) return arrayReader(readerOf(other.items));
  return primitive(other.type);
}

function primitive(name: string): Read {
  switch (name) {
    case 'null':
      return () => null;
    case 'boolean':
      return readBoolean;
    case 'int':
    case 'long':
      return readLong;
    case 'double':
      return (cursor) => cursor.bytes.readDoubleLE((cursor.at += 8) - 8);
    case 'string':
      return readText;
    default:
      throw new Error(`no reader for the Avro type ${name}`);
  }
}

function recordReader(fields: readonly AvroField[]): Read {
  const names = fields.map(({ name }) => name);
  const readers = fields.map(({ type }) => readerOf(type));
  return (cursor) => {
    const record: Record<string, unknown> = {};
    for (let i = 0; i < readers.length; i++) record[names[i]!] = readers[i]!(cursor);
    return record;
  };
}

function fixedReader(size: number): Read {
  return (cursor) => Buffer.from(cursor.bytes.subarray(cursor.at, (cursor.at += size)));
}

function arrayReader(read: Read): Read {
  return (cursor) => {
    const values: unknown[] = [];
    eachEntry(cursor, () => values.push(read(cursor)));
    return values;
  };
}

function mapReader(read: Read): Read {
  return (cursor) => {
    const map: Record<string, unknown> = {};
    let lookalikes = 1;
    eachEntry(cursor, () => {
      const brokenBefore = cursor.brokenText;
      cursor.brokenText = false;
      let key = readText(cursor);
      // Two broken keys may look alike without being the same.
      while (cursor.brokenText && Object.hasOwn(map, key)) key = `${key}${++lookalikes}`;
      cursor.brokenText ||= brokenBefore;
      const value = read(cursor);
      if (key === '__proto__') cursor.prototypeKey = true;
      else if (Object.hasOwn(map, key)) cursor.repeatedKey = true;
      else map[key] = value;
    });
    return map;
  };
}

/**
 * Blocks of a count and that many entries, up to a count of 0. A negative count has the block's bytes after
 * it.
 */
function eachEntry(cursor: Cursor, read: () => void): void {
  for (let count = Number(readLong(cursor)); count !== 0; count = Number(readLong(cursor))) {
    if (count < 0) readLong(cursor);
    for (let i = Math.abs(count); i > 0; i--) read();
  }
}

function readBoolean(cursor: Cursor): boolean {
  const byte = cursor.bytes[cursor.at++]!;
  if (byte > 1) cursor.brokenValue = true;
  return byte !== 0;
}

function readText(cursor: Cursor): string {
  const length = Number(readLong(cursor));
  const from = cursor.at;
  cursor.at = from + length;
  const text = cursor.bytes.toString('utf8', from, cursor.at);
  if (text.includes('\uFFFD') && !isUtf8(cursor.bytes.subarray(from, cursor.at))) cursor.brokenText = true;
  return text;
}

/** A number, or the text of its digits when a double cannot hold it. */
function readLong(cursor: Cursor): number | string {
  const { bytes } = cursor;
  const start = cursor.at;
  let value = 0;
  let scale = 1;
  for (;;) {
    const byte = bytes[cursor.at++]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
    scale *= 128;
  }
  // The zigzag of a number takes one bit more than the number.
  if (cursor.at - start <= 7) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  if (cursor.at - start === 10 && bytes[cursor.at - 1]! > 1) cursor.brokenValue = true;
  return readBigLong(bytes, start, cursor.at);
}

function readBigLong(bytes: Buffer, start: number, end: number): number | string {
  let zigzag = 0n;
  for (let at = end - 1; at >= start; at--) zigzag = (zigzag << 7n) | BigInt(bytes[at]! & 0x7f);
  const long = BigInt.asIntN(64, (zigzag >> 1n) ^ -(zigzag & 1n));
  const number = Number(long);
  return Number.isSafeInteger(number) ? number : String(long);
}
