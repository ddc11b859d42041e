import avsc from 'avsc';
import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { OwnField } from '../catalogue/own-field.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { sampleRequests } from '../samples/sample-requests.ts';
import { createEventDecoder, decodeBuiltInFields } from './decode-own-event.ts';
import { contentHash } from './content-hash.ts';
import { earlierSchemas } from './earlier-schemas.ts';
import { decodeEvent, encodeEvent, eventIdPosition } from './encode-event.ts';
import { schemaFingerprint } from './fingerprint.ts';
import { createEventEncoder, type OwnValue } from './own-fields.ts';
import { eventSchemaWith, versionsOf } from './own-schema.ts';
import { eventSchema, type AvroRecord } from './schema.ts';
import { singleObjectHeader } from './single-object.ts';

const about = { doc: 'For a test', since: '2026-11-28', value: () => null };
const fields: OwnField[] = [
  { ...about, name: 'x_long', type: 'long' },
  { ...about, name: 'x_flag', type: 'boolean' },
  { ...about, name: 'x_text', type: 'string', since: '2026-12-01' },
  { ...about, name: 'x_ratio', type: 'double', since: '2026-12-01' },
  { ...about, name: 'x_at', type: 'timestamp', since: '2027-01-01' },
];
const typeOf = (schema: AvroRecord): avsc.Type =>
  avsc.Type.forSchema(JSON.parse(JSON.stringify(schema)) as avsc.Schema);

const events = sampleRequests({ nowMs: requestContext.receivedAtMs }).flatMap(
  ({ body, hint, contentType }) => {
    const pipeline = createPipeline(builtInCatalogue);
    const split = pipeline.split(body, hint, contentType);
    const items = split.kind === 'events' ? split.items : [];
    return items.flatMap((item) => {
      const outcome = pipeline.process(item, requestContext);
      return outcome.kind === 'clean' ? [outcome.event] : [];
    });
  },
);

const values: Record<string, OwnValue>[] = [
  { x_long: 0, x_flag: false, x_text: '', x_ratio: 0, x_at: 0 },
  { x_long: -1, x_flag: true, x_text: 'Größe 東京 👍', x_ratio: -1.5, x_at: 1_795_435_198_000 },
  { x_long: 2 ** 51 - 1, x_flag: null, x_text: 'x'.repeat(70_000), x_ratio: 5e-324, x_at: null },
  { x_long: -(2 ** 51), x_flag: null, x_text: null, x_ratio: Number.NaN, x_at: -1 },
  { x_long: null, x_flag: null, x_text: null, x_ratio: null, x_at: null },
  { x_long: 63, x_flag: null, x_text: 'y'.repeat(63), x_ratio: null, x_at: 64 },
];

test.each(values)('what is encoded is what a plain Avro reader of the schema reads: %o', (own) => {
  const encode = createEventEncoder(fields);
  const type = typeOf(eventSchemaWith(fields));
  for (const event of events) {
    const record = encode(event, own);
    expect(record.subarray(0, 10)).toEqual(singleObjectHeader(schemaFingerprint(eventSchemaWith(fields))));
    const read = type.fromBuffer(record.subarray(10)) as Record<string, unknown>;
    for (const { name } of fields) expect(read[name]).toEqual(own[name]);
    const decoded = createEventDecoder(fields)(record);
    expect(decoded.own).toEqual(own);
    expect({ ...decoded.event }).toEqual({ ...decodeEvent(encodeEvent(event)) });
  }
});

// The Avro library itself loses these: it throws, or loses the sign.
test.each([2 ** 53 - 1, -(2 ** 53 - 1), 2 ** 52 + 1])('the long %i comes back as it went', (x_long) => {
  const own = { ...values[4]!, x_long };
  expect(createEventDecoder(fields)(createEventEncoder(fields)(events[0]!, own)).own).toEqual(own);
});

test('the id and the content hash are those of the event without own fields', () => {
  const encode = createEventEncoder(fields);
  for (const event of events) {
    const [plain, own] = [encodeEvent(event), encode(event, values[1]!)];
    expect(own.subarray(eventIdPosition, eventIdPosition + 16)).toEqual(event.event_id);
    expect(contentHash(own)).toEqual(contentHash(plain));
  }
});

// FULL_TRANSITIVE, whichever of the two schemas was released first.
test('each version of own fields and of the built-in schema reads each other one', () => {
  const schemas = [eventSchema, ...earlierSchemas].flatMap((builtIn) =>
    versionsOf(fields).map((version) => eventSchemaWith(version, builtIn)),
  );
  expect(schemas).toHaveLength(8);
  for (const reader of schemas) {
    for (const writer of schemas) expect(() => typeOf(reader).createResolver(typeOf(writer))).not.toThrow();
  }
});

test('records of every earlier version are decoded, and fields that they lack are null', () => {
  const decode = createEventDecoder(fields);
  const own = values[1]!;
  for (const version of versionsOf(fields)) {
    for (const builtIn of [eventSchema, ...earlierSchemas]) {
      const schema = eventSchemaWith(version, builtIn);
      const written = typeOf(schema).toBuffer({ ...events[0]!, ...own });
      const record = Buffer.concat([singleObjectHeader(schemaFingerprint(schema)), written]);
      const has = new Set(version.map(({ name }) => name));
      const expected = Object.fromEntries(fields.map(({ name }) => [name, has.has(name) ? own[name] : null]));
      expect(decode(record)).toMatchObject({ own: expected, event: { event_type: events[0]!.event_type } });
    }
  }
});

test('who does not know the fields still reads what comes before them, and no more', () => {
  const encode = createEventEncoder(fields);
  for (const event of events) {
    for (const own of values) {
      const { origin, event_id: id } = decodeBuiltInFields(encode(event, own));
      expect([origin, id]).toEqual([event.origin, event.event_id]);
    }
  }
  expect(() => decodeEvent(encode(events[0]!, values[0]!))).toThrow('no event of a known schema');
  for (const bytes of [Buffer.alloc(0), Buffer.from('{}'), Buffer.from('c301'.padEnd(60, 'f'), 'hex')]) {
    expect(() => decodeBuiltInFields(bytes)).toThrow('event');
  }
});

const clean = (field: Partial<OwnField>) => {
  const own = { ...about, name: 'x_a', type: 'long', ...field } as OwnField;
  const pipeline = createPipeline({ ...builtInCatalogue, schemaFields: [own] });
  const body = Buffer.from('{"event_type":"a","properties":{"n":3,"t":"x"}}');
  const split = pipeline.split(body, '4', null);
  if (split.kind === 'rejected') throw new Error(split.detail);
  return pipeline.process(split.items[0]!, requestContext);
};

test.each([
  [{ value: (event) => event.properties.n as number }, { kind: 'clean', own: { x_a: 3 } }],
  [{ value: () => undefined }, { kind: 'clean', own: { x_a: null } }],
  [
    { value: () => 1.5 },
    { reason: 'invalid-event', detail: 'the field x_a is not an integer that a double holds' },
  ],
  [{ value: (event) => event.properties.t as string }, { reason: 'invalid-event' }],
  [{ type: 'string', value: () => '\ud800' }, { reason: 'invalid-event' }],
  [{ type: 'boolean', value: () => 0 }, { reason: 'invalid-event' }],
  [{ value: () => ({}) as never }, { reason: 'invalid-event' }],
  [
    {
      value: () => {
        throw new TypeError('canary');
      },
    },
    { kind: 'rejected', reason: 'field-failed', stage: 'validate', detail: 'x_a threw TypeError' },
  ],
] satisfies [Partial<OwnField>, object][])(
  'the value of a field decides over its event: %o',
  (field, outcome) => {
    expect(clean(field)).toMatchObject(outcome);
  },
);

test.each([
  [{ name: 'campaign' }, /a name is x_/],
  [{ name: 'x_Campaign' }, /a name is x_/],
  [{ type: 'int' as never }, /the type is one of boolean, long/],
  [{ doc: ' ' }, /needs? its doc/],
  [{ since: 'today' }, /YYYY-MM-DD/],
])('a field with %o fails the start', (field, message) => {
  expect(() => clean(field)).toThrow(message);
});

test('a field that is put before older ones fails the start, for history is told by the order', () => {
  const older = { ...about, name: 'x_old', type: 'long', since: '2026-01-01' } as const;
  const newer = { ...about, name: 'x_new', type: 'long' } as const;
  expect(() => createPipeline({ ...builtInCatalogue, schemaFields: [newer, older] })).toThrow(
    /since 2026-01-01/,
  );
  expect(() => createPipeline({ ...builtInCatalogue, schemaFields: [older, newer] })).not.toThrow();
});
