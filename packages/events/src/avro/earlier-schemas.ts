import { isRecord } from './fingerprint.ts';
import { eventSchema, type AvroField, type AvroRecord } from './schema.ts';

/** Schemas whose records may still be in Kafka, newest first. Each lacks what the next one added. */
export const earlierSchemas: readonly AvroRecord[] = [without(eventSchema, ['origin', 'attempt'])];

/** The schema before the field at this path was added. */
function without(schema: AvroRecord, [name, ...rest]: readonly string[]): AvroRecord {
  const fields =
    rest.length === 0
      ? schema.fields.filter((field) => field.name !== name)
      : schema.fields.map((field) => (field.name === name ? innerWithout(field, rest) : field));
  return { ...schema, fields };
}

function innerWithout(field: AvroField, path: readonly string[]): AvroField {
  return isRecord(field.type) ? { ...field, type: without(field.type, path) } : field;
}
