import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { requestContext } from '../../src/pipeline/request-context.fixture.ts';
import { type AvroSchema, eventSchema } from '../../src/avro/schema.ts';
import { isRecord } from '../../src/avro/fingerprint.ts';
import { builtInCatalogue } from '../../src/built-in-catalogue.ts';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import type { OwnField } from '../../src/catalogue/own-field.ts';
import type { Event, PropertyValue } from '../../src/model/event.ts';
import { createPipeline, type CleanOutcome } from '../../src/pipeline/pipeline.ts';
import { pick, seededRandom, type Random } from '../../src/samples/random.ts';
import { sampleRequests } from '../../src/samples/sample-requests.ts';

/** The records of the golden corpus, of all formats. */
export function corpusRecords(): Buffer[] {
  const folder = join(import.meta.dirname, '../../corpus');
  return readdirSync(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const groups = text.match(/(?:^ {4}\S+\n)+/gm) ?? [];
    return groups.map((lines) => Buffer.from(lines.replaceAll(/\s/g, ''), 'base64'));
  });
}

/** Clean events of the samples, with properties, numbers and texts that are hard for an encoding. */
export function hardEvents(catalogue: Catalogue, seed: number): CleanOutcome[] {
  const random = seededRandom(seed);
  const pipeline = createPipeline(catalogue);
  return sampleRequests({ nowMs: requestContext.receivedAtMs, seed }).flatMap(
    ({ body, hint, contentType }) => {
      const split = pipeline.split(body, hint, contentType);
      const items = split.kind === 'events' ? split.items : [];
      return items.flatMap((item) => {
        const outcome = pipeline.process(item, requestContext);
        if (outcome.kind !== 'clean') return [];
        harden(outcome.event, random);
        return [outcome];
      });
    },
  );
}

function harden(event: Event, random: Random): void {
  const count = Math.floor(random() * 9);
  for (let i = 0; i < count; i++) event.properties[`${pick(random, texts)}${i}`] = pick(random, properties);
  event.user_id = pick(random, [null, ...texts]);
  event.geo = pick(random, [null, geo, { ...geo, lat: -0, lon: 180, asn: 4_294_967_295 }]);
  event.fixes.push(...texts.slice(0, Math.floor(random() * texts.length)));
  event.origin.offset = pick(random, [0, 63, 64, 2 ** 31, 2 ** 32 + 1, 2 ** 51 - 1]);
  event.origin.attempt = pick(random, [null, 0, -1, 2 ** 31 - 1, -(2 ** 31)]);
  event.sent_at = pick(random, [null, 0, -1, 1_795_435_198_000]);
}

const texts: [string, ...string[]] = [
  '',
  'a',
  'Größe 東京 👍',
  '\u0000\u007f\u0080\u07ff\u0800\uffff',
  'x'.repeat(63),
  'ö'.repeat(5000),
];
const properties: [PropertyValue, ...PropertyValue[]] = [
  null,
  ...[true, false, 0, -0, 1.5, 5e-324, -1.7976931348623157e308, 2 ** 53],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
  ...texts,
];
const geo = {
  ...{ country: 'DE', region: null, city: 'Köln', lat: 50.9, lon: null },
  ...{ asn: null, as_org: null, database: 'test 1' },
};

/** A catalogue with a field of each type. */
export const ownCatalogue: Catalogue = {
  ...builtInCatalogue,
  schemaFields: [
    own('x_flag', 'boolean', (event) => event.client.platform === 'web'),
    own('x_long', 'long', ({ origin }) => (origin.index % 2 === 0 ? 2 ** 53 - 1 : -(2 ** 53 - 1))),
    own('x_ratio', 'double', (event) => event.location?.lat),
    own('x_text', 'string', (event) => event.event_type.repeat(50)),
    own('x_at', 'timestamp', (event) => event.sent_at),
  ],
};

function own(name: string, type: OwnField['type'], value: OwnField['value']): OwnField {
  return { name, type, value, doc: 'For a test', since: '2026-11-28' };
}

/** As the programs of other languages write it: no number loses anything. */
export function plainOf(value: unknown, schema: AvroSchema = eventSchema): unknown {
  if (value === null || value === undefined) return null;
  if (Array.isArray(schema)) return plainOf(value, branchOf(value, schema as readonly AvroSchema[]));
  if (isRecord(schema)) {
    const record = value as Record<string, unknown>;
    return Object.fromEntries(schema.fields.map(({ name, type }) => [name, plainOf(record[name], type)]));
  }
  const { type, values, items } = (typeof schema === 'string' ? { type: schema } : schema) as {
    type: string;
    values?: AvroSchema;
    items?: AvroSchema;
  };
  switch (type) {
    case 'map':
      return Object.fromEntries(
        Object.entries(value).map(([key, inner]) => [key, plainOf(inner, values ?? 'null')]),
      );
    case 'array':
      return (value as unknown[]).map((inner) => plainOf(inner, items ?? 'null'));
    case 'fixed':
      return `fixed ${Buffer.from(value as Uint8Array).toString('hex')}`;
    case 'double':
      return `double ${bitsOf(value as number)}`;
    case 'int':
    case 'long':
      return `integer ${value as number}`;
    case 'boolean':
      return value;
    default:
      return `text ${value as string}`;
  }
}

function branchOf(value: unknown, branches: readonly AvroSchema[]): AvroSchema {
  const others = branches.filter((branch) => branch !== 'null');
  if (others.length === 1) return others[0]!;
  return typeof value === 'number' ? 'double' : typeof value === 'boolean' ? 'boolean' : 'string';
}

function bitsOf(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}
