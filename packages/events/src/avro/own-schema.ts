import { eventSchema, type AvroField, type AvroRecord } from './schema.ts';

/** What a field of a deployer's own may hold. A timestamp is milliseconds since 1970. */
export const ownFieldTypes = ['boolean', 'long', 'double', 'string', 'timestamp'] as const;
export type OwnFieldType = (typeof ownFieldTypes)[number];

/** What the schema says of a field of a deployer's own. */
export interface OwnFieldSchema {
  /** Begins with `x_`, so that no later built-in field can have the same name. */
  readonly name: string;
  readonly type: OwnFieldType;
  /** For consumers. */
  readonly doc: string;
  /** The date of the first release with this field, YYYY-MM-DD. */
  readonly since: string;
}

/**
 * The schema of clean events with these fields at its end. Each may be null, and is null where a record
 * lacks it: that is what keeps every version compatible with every other. Built-in fields come first, so
 * that whoever knows only those can still read a record's beginning.
 */
export function eventSchemaWith(
  fields: readonly OwnFieldSchema[],
  builtIn: AvroRecord = eventSchema,
): AvroRecord {
  return { ...builtIn, fields: [...builtIn.fields, ...fields.map(avroFieldOf)] };
}

/**
 * The versions of the fields, newest first: fields are only ever added, so each date of `since` made one.
 * The oldest has none.
 */
export function versionsOf<F extends Pick<OwnFieldSchema, 'since'>>(fields: readonly F[]): (readonly F[])[] {
  const dates = [...new Set(fields.map(({ since }) => since))].toSorted().toReversed();
  return [...dates.map((date) => fields.filter(({ since }) => since <= date)), []];
}

function avroFieldOf({ name, type, doc }: OwnFieldSchema): AvroField {
  const value = type === 'timestamp' ? { type: 'long', logicalType: 'timestamp-millis' } : type;
  return { name, type: ['null', value], default: null, doc };
}
