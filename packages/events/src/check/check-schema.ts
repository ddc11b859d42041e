import avsc from 'avsc';
import { earlierSchemas } from '../avro/earlier-schemas.ts';
import { schemaFingerprint } from '../avro/fingerprint.ts';
import { eventSchemaWith, versionsOf } from '../avro/own-schema.ts';
import { eventSchema, type AvroRecord } from '../avro/schema.ts';
import type { OwnField } from '../catalogue/own-field.ts';
import { attempt, show, type Problems } from './problem.ts';

/** A schema whose events may still be in Kafka. */
export interface ReleasedSchema {
  /** Where it is written, for messages. */
  readonly name: string;
  readonly schema: AvroRecord;
}

/**
 * Whether the schema with these fields is compatible, in both directions, with every one before it
 * (FULL_TRANSITIVE): the versions that the dates of the fields tell, and those that were really released.
 */
export function checkSchema(
  fields: readonly OwnField[],
  released: readonly ReleasedSchema[],
  problems: Problems,
): void {
  const current = eventSchemaWith(fields);
  for (const { name, schema } of [...told(fields), ...released]) {
    checkAgainst(current, name, schema, problems);
  }
  const names = new Set(fields.map((field) => field.name));
  for (const { name, schema } of released) {
    for (const field of schema.fields) {
      if (!field.name.startsWith('x_') || names.has(field.name)) continue;
      const action = 'put it back where it was; a field that is not filled any more has value: () => null';
      problems.error(`schemaFields '${field.name}'`, `gone, and ${name} has it`, 'to be there', action);
    }
  }
}

function checkAgainst(current: AvroRecord, name: string, schema: AvroRecord, problems: Problems): void {
  const changed = current.fields.find((field) => {
    const before = schema.fields.find((other) => other.name === field.name);
    return before !== undefined && field.name.startsWith('x_') && !sameType(field.type, before.type);
  });
  const both = attempt(() => {
    typeOf(current).createResolver(typeOf(schema));
    typeOf(schema).createResolver(typeOf(current));
  });
  if (changed === undefined && !('threw' in both)) return;
  const at = changed === undefined ? 'schemaFields' : `schemaFields '${changed.name}'.type`;
  const before = schema.fields.find((field) => field.name === changed?.name)?.type;
  const found = changed === undefined ? ('threw' in both ? both.threw : '') : show(changed.type);
  const expected = before === undefined ? `a schema that fits ${name}` : `${show(before)}, as in ${name}`;
  problems.error(at, found, expected, 'keep the type, and give the new one a field of another name');
}

function sameType(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

function told(fields: readonly OwnField[]): ReleasedSchema[] {
  return [eventSchema, ...earlierSchemas].flatMap((builtIn) =>
    versionsOf(fields).map((version) => {
      const schema = eventSchemaWith(version, builtIn);
      return { name: `the schema ${schemaFingerprint(schema).toString('hex')}`, schema };
    }),
  );
}

function typeOf(schema: AvroRecord): avsc.Type {
  return avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avsc.Schema);
}
