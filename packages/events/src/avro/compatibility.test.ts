import { readdirSync, readFileSync } from 'node:fs';
import avsc from 'avsc';
import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { Event } from '../model/event.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { sampleRequests } from '../samples/sample-requests.ts';
import { earlierSchemas } from './earlier-schemas.ts';
import { decodeEvent } from './encode-event.ts';
import { isRecord, schemaFingerprint } from './fingerprint.ts';
import { clientEventSchema, eventSchema, type AvroField, type AvroSchema } from './schema.ts';
import { singleObjectHeader } from './single-object.ts';

/** Every released schema, under the fingerprint that its records carry. Files are added, never changed. */
const folder = new URL('../../schema/history/', import.meta.url);
const released = readdirSync(folder).map((file) => {
  const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as AvroSchema;
  return [file, schema] as const;
});
const typeOf = (schema: AvroSchema): avsc.Type =>
  avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avsc.Schema);
const fingerprintOf = (schema: AvroSchema): string => schemaFingerprint(schema).toString('hex');

test('the current schema is among the released ones', () => {
  expect(released.map(([file]) => file)).toContain(`event-4-${fingerprintOf(eventSchema)}.avsc`);
});

test('every released schema can still be read', () => {
  const known = new Set([eventSchema, ...earlierSchemas].map(fingerprintOf));
  expect(new Set(released.map(([, schema]) => fingerprintOf(schema)))).toEqual(known);
  expect(known.size).toBeGreaterThan(1);
});

test.each(released)('%s has the fingerprint of its name', (file, schema) => {
  expect(file).toBe(`event-4-${fingerprintOf(schema)}.avsc`);
});

// FULL_TRANSITIVE: consumers and writers are upgraded in any order, and old records are read for days.
test.each(released)(
  'readers of %s read what we write, and we read what its writers wrote',
  (_file, schema) => {
    expect(() => typeOf(schema).createResolver(typeOf(eventSchema))).not.toThrow();
    expect(() => typeOf(eventSchema).createResolver(typeOf(schema))).not.toThrow();
  },
);

test.each(released)('records of %s are decoded, with defaults for what they lack', (_file, schema) => {
  const type = typeOf(schema);
  for (const event of sampleEvents()) {
    const bytes = Buffer.concat([singleObjectHeader(schemaFingerprint(schema)), type.toBuffer(event)]);
    expect({ ...decodeEvent(bytes) }).toEqual({ ...event });
  }
});

function sampleEvents(): Event[] {
  const pipeline = createPipeline(builtInCatalogue);
  return sampleRequests({ nowMs: requestContext.receivedAtMs }).flatMap(({ body, hint, contentType }) => {
    const split = pipeline.split(body, hint, contentType);
    const outcomes =
      split.kind === 'events' ? split.items.map((item) => pipeline.process(item, requestContext)) : [];
    return outcomes.flatMap((outcome) => (outcome.kind === 'clean' ? [outcome.event] : []));
  });
}

test('every field says what it is', () => {
  const undocumented = (fields: readonly AvroField[], path: string): string[] =>
    fields.flatMap((field) => {
      const branches = Array.isArray(field.type) ? (field.type as readonly AvroSchema[]) : [field.type];
      const inner = branches.flatMap((type) =>
        isRecord(type) ? undocumented(type.fields, `${path}${field.name}.`) : [],
      );
      return field.doc === undefined ? [`${path}${field.name}`, ...inner] : inner;
    });
  expect(undocumented(eventSchema.fields, '')).toEqual([]);
  expect(undocumented(clientEventSchema.fields, '')).toEqual([]);
});
