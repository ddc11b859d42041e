import { readdirSync, readFileSync } from 'node:fs';
import avsc from 'avsc';
import { expect, test } from 'vitest';
import { schemaFingerprint } from './fingerprint.ts';
import { eventSchema, type AvroSchema } from './schema.ts';

/**
 * Every schema that was ever released, under the fingerprint that its records carry. Files are added, never
 * changed.
 */
const folder = new URL('../../schema/history/', import.meta.url);
const released = readdirSync(folder).map((file) => {
  const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema;
  return [file, schema] as const;
});
const typeOf = (schema: AvroSchema): avsc.Type =>
  avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avsc.Schema);

test('the current schema is among the released ones', () => {
  const current = schemaFingerprint(eventSchema).toString('hex');
  expect(released.map(([file]) => file)).toContain(`event-4-${current}.avsc`);
});

test.each(released)('%s has the fingerprint of its name', (file, schema) => {
  expect(file).toBe(`event-4-${schemaFingerprint(schema).toString('hex')}.avsc`);
});

// FULL_TRANSITIVE: consumers and writers are upgraded in any order, and old records are read for days.
test.each(released)(
  'readers of %s read what we write, and we read what its writers wrote',
  (_file, schema) => {
    expect(() => typeOf(schema).createResolver(typeOf(eventSchema))).not.toThrow();
    expect(() => typeOf(eventSchema).createResolver(typeOf(schema))).not.toThrow();
  },
);
