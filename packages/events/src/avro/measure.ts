import { isRecord } from './fingerprint.ts';
import type { AvroField, AvroSchema } from './schema.ts';

/** A position in the bytes. */
interface Walk {
  readonly bytes: Uint8Array;
  position: number;
  /** How many more entries of maps and arrays it may walk past. Negative when there were more. */
  entriesLeft: number;
}

/** Moves past one value. Returns false when the bytes end too soon or claim something impossible. */
type Step = (walk: Walk) => boolean;

/**
 * The position after the value that starts at `position`; `broken` when the bytes cannot hold it,
 * `tooManyEntries` when its maps and arrays have more than `entriesMax` entries.
 */
export type Measure = (bytes: Uint8Array, position: number, entriesMax?: number) => number;

export const broken = -1;
export const tooManyEntries = -2;

/**
 * Finds the end of a value without decoding it, and checks every length against the bytes that are left.
 * The Avro library trusts its input: a map that claims 2^50 entries in ten bytes would keep it busy for
 * days.
 */
export function createMeasure(fields: readonly AvroField[]): Measure {
  const step = sequence(fields.map((field) => stepOf(field.type)));
  return (bytes, position, entriesMax = Number.MAX_SAFE_INTEGER) => {
    const walk = { bytes, position, entriesLeft: entriesMax };
    if (step(walk)) return walk.position;
    return walk.entriesLeft < 0 ? tooManyEntries : broken;
  };
}

function stepOf(schema: AvroSchema): Step {
  if (Array.isArray(schema)) return unionOf((schema as readonly AvroSchema[]).map(stepOf));
  if (typeof schema === 'string') return primitive(schema);
  if (isRecord(schema)) return sequence(schema.fields.map((field) => stepOf(field.type)));
  const other = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if ('size' in other && other.size !== undefined) return skip(other.size);
  if ('symbols' in other && other.symbols !== undefined) return index(other.symbols.length);
  if ('values' in other && other.values !== undefined) return blocks(sequence([text, stepOf(other.values)]));
  if ('items' in other && other.items !== undefined) return blocks(stepOf(other.items));
  return primitive(other.type);
}

function primitive(name: string): Step {
  switch (name) {
    case 'null':
      return () => true;
    case 'boolean':
      return skip(1);
    case 'int':
    case 'long':
      return (walk) => !Number.isNaN(varint(walk));
    case 'double':
      return skip(8);
    case 'string':
      return text;
    default:
      throw new Error(`no measure for the Avro type ${name}`);
  }
}

function skip(size: number): Step {
  return (walk) => {
    walk.position += size;
    return walk.position <= walk.bytes.length;
  };
}

function text(walk: Walk): boolean {
  const length = varint(walk);
  if (!(length >= 0)) return false;
  walk.position += length;
  return walk.position <= walk.bytes.length;
}

function index(count: number): Step {
  return (walk) => {
    const at = varint(walk);
    return at >= 0 && at < count;
  };
}

function unionOf(branches: readonly Step[]): Step {
  return (walk) => {
    const branch = branches[varint(walk)];
    return branch !== undefined && branch(walk);
  };
}

function sequence(steps: readonly Step[]): Step {
  return (walk) => {
    for (let i = 0; i < steps.length; i++) if (!steps[i]!(walk)) return false;
    return true;
  };
}

/**
 * Arrays and maps: blocks of a count and that many entries, up to a count of 0. Each entry takes at least
 * one byte.
 */
function blocks(entry: Step): Step {
  return (walk) => {
    for (;;) {
      let count = varint(walk);
      if (count === 0) return true;
      if (count < 0) {
        count = -count;
        if (!(varint(walk) >= 0)) return false;
      }
      if (!(count <= walk.bytes.length - walk.position)) return false;
      walk.entriesLeft -= count;
      if (walk.entriesLeft < 0) return false;
      for (let i = 0; i < count; i++) if (!entry(walk)) return false;
    }
  };
}

/**
 * A zigzag number, or NaN when it is cut off or longer than 10 bytes. It is inexact beyond 2^53, where no
 * valid length can be.
 */
function varint(walk: Walk): number {
  const { bytes } = walk;
  let value = 0;
  let scale = 1;
  for (let length = 0; length < 10; length++) {
    const byte = bytes[walk.position++];
    if (byte === undefined) return Number.NaN;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    scale *= 128;
  }
  return Number.NaN;
}
