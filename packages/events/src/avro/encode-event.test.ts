import { readFileSync } from 'node:fs';
import avsc from 'avsc';
import { describe, expect, test } from 'vitest';
import type { Event } from '../model/event.ts';
import { parseUuid } from '../model/event-id.ts';
import { decodeEvent, encodeEvent, EventDecodeError, eventIdPosition } from './encode-event.ts';
import { canonicalForm, crc64Avro, schemaFingerprint } from './fingerprint.ts';
import { clientEventSchema, eventSchema } from './schema.ts';

const id = '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01';

const full: Event = {
  event_id: parseUuid(id)!,
  event_type: 'purchase',
  occurred_at_raw: '2026-11-23T11:59:58Z',
  client: {
    name: 'penstock-web',
    version: '4.1.0',
    platform: 'web',
    os: null,
    os_version: null,
    locale: 'de-DE',
  },
  user_id: 'ü-7',
  device_id: null,
  session_id: 's',
  screen: { width: 1920, height: 1080 },
  location: { lat: 52.52, lon: -13.4, source: null },
  properties: { page: '/東京', amount: -1.5, big: 2 ** 53, ok: true, none: null },
  tenant: 'default',
  source_format: 4,
  occurred_at: 1_795_435_198_000,
  sent_at: null,
  received_at: 1_795_435_200_000,
  time_quality: 'trusted',
  net: { ip: '192.0.2.0', user_agent: 'test/1' },
  geo: {
    country: 'DE',
    region: null,
    city: 'Berlin',
    lat: 52.5,
    lon: 13.4,
    asn: 4_200_000_000,
    as_org: 'X',
    database: 'd',
  },
  fixes: ['epoch-seconds', 'sentinel-ids'],
  origin: {
    dc: 'eu',
    receiver: 'r',
    request_id: 'q',
    topic: 'events.raw',
    partition: 3,
    offset: 2 ** 40,
    index: 1,
    attempt: 2,
  },
};

describe('fingerprints', () => {
  // The specification's own examples: Avro's share/test/data/schema-tests.txt, as unsigned hexadecimal.
  test.each([
    ['null', 0x63dd24e7cc258f8an],
    ['boolean', 0x9f42fc78a4d4f764n],
    ['int', 0x7275d51a3f395c8fn],
    ['long', 0xd054e14493f41db7n],
    ['double', 0x8e7535c032ab957en],
    ['string', 0x8f014872634503c7n],
  ])('CRC-64-AVRO of "%s" is that of the specification', (name, expected) => {
    expect(crc64Avro(Buffer.from(JSON.stringify(name)))).toBe(expected);
  });

  test('the canonical form has full names, no documentation, and a fixed order', () => {
    const schema = {
      doc: 'x',
      namespace: 'a.b',
      type: 'record' as const,
      name: 'R',
      fields: [
        { name: 'f', doc: 'x', type: { size: 4, type: 'fixed', name: 'F' }, default: null },
        { name: 't', type: { type: 'long', logicalType: 'timestamp-millis' } },
      ],
    };
    expect(canonicalForm(schema)).toBe(
      '{"name":"a.b.R","type":"record","fields":[' +
        '{"name":"f","type":{"name":"a.b.F","type":"fixed","size":4}},{"name":"t","type":"long"}]}',
    );
  });

  // Verified with Java: SchemaNormalization.parsingFingerprint64 of Avro 1.12.0 on schema/event-4.avsc.
  test('a schema that changes changes its fingerprint, and that is a decision', () => {
    expect(schemaFingerprint(eventSchema).toString('hex')).toMatchInlineSnapshot(`"5f8ddd6972256283"`);
    expect(schemaFingerprint(clientEventSchema).toString('hex')).toMatchInlineSnapshot(`"fa3844e7986a6bf5"`);
  });
});

test.each([
  ['event-4.avsc', eventSchema],
  ['client-event-4.avsc', clientEventSchema],
])('schema/%s, for readers in other languages, says the same as the code', (file, schema) => {
  const read = readFileSync(new URL(`../../schema/${file}`, import.meta.url), 'utf8');
  expect(JSON.parse(read)).toEqual(JSON.parse(JSON.stringify(schema)));
});

test('what is encoded is decoded to the same event', () => {
  expect({ ...decodeEvent(encodeEvent(full)) }).toEqual(full);
});

test('a plain Avro reader with the schema reads it, after the ten bytes of the header', () => {
  const type = avsc.Type.forSchema(JSON.parse(JSON.stringify(eventSchema)) as avsc.Schema);
  const encoded = encodeEvent(full);
  expect(encoded.subarray(0, 10)).toEqual(
    Buffer.concat([Buffer.of(0xc3, 1), schemaFingerprint(eventSchema)]),
  );
  expect(type.fromBuffer(encoded.subarray(10))).toMatchObject({ event_type: 'purchase', user_id: 'ü-7' });
});

test('the event id is at byte 10 of every record', () => {
  const encoded = encodeEvent(full);
  expect(encoded.subarray(eventIdPosition, eventIdPosition + 16)).toEqual(full.event_id);
});

test('records encoded one after the other do not overlap, whether they fit a slab or not', () => {
  const sizes = [1, 300_000, 5, 100_000, 100_000, 100_000, 600_000, 1];
  const events = sizes.map((size) => ({ ...full, properties: { text: 'x'.repeat(size) } }));
  const encoded = events.map((event) => encodeEvent(event));
  expect(encoded.map((bytes) => (decodeEvent(bytes).properties.text as string).length)).toEqual(sizes);
});

test('an event that does not fit the schema is an exception, and the next one is not harmed', () => {
  expect(() => encodeEvent({ ...full, event_type: 5 as never })).toThrow(/invalid "string"/);
  expect(decodeEvent(encodeEvent(full)).event_type).toBe('purchase');
});

describe('bytes that are no event are refused in bounded time', () => {
  const encoded = encodeEvent(full);
  test.each(Array.from({ length: 40 }, (_, i) => Math.floor((i * encoded.length) / 40)))(
    'cut at %i',
    (end) => {
      expect(() => decodeEvent(encoded.subarray(0, end))).toThrow(EventDecodeError);
    },
  );

  test('another schema, bytes too many', () => {
    expect(() => decodeEvent(Buffer.alloc(100))).toThrow(/no event of a known schema/);
    expect(() => decodeEvent(Buffer.concat([encoded, Buffer.of(0)]))).toThrow(/1 bytes too many/);
  });
});
