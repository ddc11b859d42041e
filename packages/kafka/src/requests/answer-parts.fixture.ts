import { Writer } from '../wire-library.ts';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';

// Answers of brokers as values that a property test can make up, and their bytes.

/** One part of an answer: which values it may have and how they are written. */
export interface Part<T> {
  values: Arbitrary<T>;
  write(writer: Writer, value: T): void;
}

export const int8: Part<number> = {
  values: fc.integer({ min: -128, max: 127 }),
  write: (w, v) => w.appendInt8(v),
};
export const int16: Part<number> = {
  values: fc.integer({ min: -32_768, max: 32_767 }),
  write: (w, v) => w.appendInt16(v),
};
export const int32: Part<number> = { values: fc.integer(), write: (w, v) => w.appendInt32(v) };
export const int64: Part<bigint> = {
  values: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  write: (w, v) => w.appendInt64(v),
};
export const bool: Part<boolean> = { values: fc.boolean(), write: (w, v) => w.appendBoolean(v) };
export const string: Part<string> = {
  values: fc.string({ unit: 'grapheme', maxLength: 200 }),
  write: (w, v) => w.appendString(v),
};
export const nullableString: Part<string | null> = {
  values: fc.option(string.values),
  write: (w, v) => w.appendString(v),
};
export const uuid: Part<string> = { values: fc.uuid(), write: (w, v) => w.appendUUID(v) };
export const bytes: Part<Buffer> = {
  values: fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)),
  write: (w, v) => w.appendUnsignedVarInt(v.length + 1).append(v),
};
/** A time in ms, which decoders give as a number. */
export const time: Part<bigint> = { ...int64, values: fc.bigInt({ min: -1n, max: 2n ** 52n }) };
/** Of a layout from before KIP-482. */
export const oldArrayOfStrings: Part<string[]> = {
  values: fc.array(string.values, { maxLength: 4 }),
  write: (w, entries) => {
    w.appendInt32(entries.length);
    for (const entry of entries) w.appendString(entry, false);
  },
};
export const errorCode: Part<number> = { ...int16, values: fc.integer({ min: -1, max: 140 }) };

export function arrayOf<T>(part: Part<T>): Part<T[]> {
  return {
    values: fc.array(part.values, { maxLength: 4 }),
    write: (w, entries) => {
      w.appendUnsignedVarInt(entries.length + 1);
      for (const entry of entries) part.write(w, entry);
    },
  };
}

export type Fields = Record<string, Part<unknown>>;
export type ValueOf<F extends Fields> = { [K in keyof F]: F[K] extends Part<infer T> ? T : never };

/** A structure, with the tagged fields that are known, by tag, and one that nobody knows. */
export function struct<F extends Fields, K extends Fields = Record<never, never>>(
  fields: F,
  known: { [tag: number]: keyof K } = {},
  tagged: K = {} as K,
): Part<ValueOf<F> & Partial<ValueOf<K>>> {
  const parts: Fields = { ...fields, ...tagged };
  const values = Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.values]));
  return {
    values: fc.record(values, { requiredKeys: Object.keys(fields) }) as Arbitrary<never>,
    write: (w, value: Record<string, unknown>) => {
      for (const [name, part] of Object.entries(fields)) part.write(w, value[name]);
      const present = Object.entries(known).filter(([, name]) => value[name as string] !== undefined);
      w.appendUnsignedVarInt(present.length + 1);
      for (const [tag, name] of present) {
        const content = Writer.create();
        tagged[name]!.write(content, value[name as string]);
        w.appendUnsignedVarInt(Number(tag)).appendUnsignedVarInt(content.length).append(content.buffer);
      }
      w.appendUnsignedVarInt(4_000).appendUnsignedVarInt(3).append(Buffer.from('new'));
    },
  };
}

/** Without tagged fields after it. */
export function bare<F extends Fields>(fields: F): Part<ValueOf<F>> {
  return {
    values: fc.record(
      Object.fromEntries(Object.entries(fields).map(([name, part]) => [name, part.values])),
    ) as Arbitrary<never>,
    write: (w, value: Record<string, unknown>) => {
      for (const [name, part] of Object.entries(fields)) part.write(w, value[name]);
    },
  };
}
