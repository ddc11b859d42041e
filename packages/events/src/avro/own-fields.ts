import type { Event } from '../model/event.ts';
import { encodeEvent } from './encode-event.ts';
import { schemaFingerprint } from './fingerprint.ts';
import { eventSchemaWith, type OwnFieldSchema, type OwnFieldType } from './own-schema.ts';
import { headerBytes, singleObjectHeader } from './single-object.ts';

/** The value of a field of a deployer's own. */
export type OwnValue = boolean | number | string | null;

/** By the name of the field. */
export type OwnValues = Readonly<Record<string, OwnValue>>;

/** Throws when the event does not fit the schema. The values have passed `ownValueProblem`. */
export type EventEncoder = (event: Event, own: OwnValues | null) => Buffer;

/**
 * Encodes events of the built-in schema with these fields at the end. A record is that of the built-in schema
 * with another fingerprint and the fields behind it, so that there is one encoder for all of the rest. The
 * copy costs about 0.2 us for 1 KB; without fields there is none.
 */
export function createEventEncoder(fields: readonly OwnFieldSchema[]): EventEncoder {
  if (fields.length === 0) return encodeEvent;
  const header = singleObjectHeader(schemaFingerprint(eventSchemaWith(fields)));
  return (event, own) => {
    const builtIn = encodeEvent(event);
    const values = fields.map(({ name, type }) => bytesOf(type, own?.[name] ?? null));
    return Buffer.concat([header, builtIn.subarray(headerBytes), ...values]);
  };
}

/** What is wrong with a value for a field of this type; null when nothing is. */
export function ownValueProblem(type: OwnFieldType, value: unknown): string | null {
  if (value === null || value === undefined) return null;
  switch (type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'a boolean';
    case 'long':
    case 'timestamp':
      return Number.isSafeInteger(value) ? null : 'an integer that a double holds';
    case 'double':
      return typeof value === 'number' ? null : 'a number';
    case 'string':
      return typeof value === 'string' && value.isWellFormed() ? null : 'a text without broken characters';
  }
}

/** A union of null and the type: the number of the branch, then the value. */
function bytesOf(type: OwnFieldType, value: OwnValue): Buffer {
  if (value === null) return nothing;
  switch (type) {
    case 'boolean':
      return Buffer.of(2, value === true ? 1 : 0);
    case 'long':
    case 'timestamp':
      return Buffer.of(2, ...zigzag(BigInt(value)));
    case 'double': {
      const bytes = Buffer.allocUnsafe(9);
      bytes[0] = 2;
      bytes.writeDoubleLE(value as number, 1);
      return bytes;
    }
    case 'string': {
      const text = Buffer.from(value as string, 'utf8');
      return Buffer.concat([Buffer.of(2, ...zigzag(BigInt(text.length))), text]);
    }
  }
}

const nothing = Buffer.of(0);

function zigzag(value: bigint): number[] {
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  const bytes: number[] = [];
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return [...bytes, Number(rest)];
}
