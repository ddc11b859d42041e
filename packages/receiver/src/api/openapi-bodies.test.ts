import { readFileSync } from 'node:fs';
import { builtInCatalogue, createPipeline, schemaFingerprint, type AvroSchema } from '@penstock/events';
import { expect, test } from 'vitest';
import { bodyOf } from './openapi-bodies.ts';
import { eventRoutes } from './routes.ts';

const posts = eventRoutes(1_000_000, [{ path: '/till', formatHint: '100' }]).filter(
  ({ method }) => method === 'POST',
);
const { split, process } = createPipeline(builtInCatalogue);
const context = {
  ...{ tenant: 'shop', receivedAtMs: 1_795_600_001_000, sentAtMs: null, userAgent: null },
  ...{ dc: 'fra', receiver: 'receiver-1', requestId: '8a3f1c52-2f4e-4c7b-9d5a-0c1f6f3b7d22' },
  ...{ topic: 'events.raw', partition: 0, offset: 0 },
};

const outcomesOf = (body: string, hint: (typeof posts)[number]['formatHint'], contentType: string) => {
  const found = split(Buffer.from(body), hint, contentType);
  if (found.kind !== 'events') return [found];
  return found.items.map((item) => process(item, context));
};

const bodies = posts.flatMap((route) =>
  Object.entries(bodyOf(route).content).map(([type, { schema }]) => ({ route, type, schema })),
);
// Text cannot hold the bytes of Avro, and nobody here knows the formats of a deployer.
const [without, shown] = [true, false].map((is) =>
  bodies.filter(({ route, type }) => (type === 'avro/binary' || route.path === '/till') === is),
);

/** What a client that was generated from the document makes of a value. */
function asSent(value: unknown, type: string): string {
  if (type === 'application/json') return JSON.stringify(value);
  if (typeof value === 'string') return value;
  return String(new URLSearchParams(value as Record<string, string>));
}

test.each(shown!)('the example of $type at $route.path is what the Input Filter takes', (body) => {
  const found = outcomesOf(asSent(body.schema.examples![0], body.type), body.route.formatHint, body.type);
  expect(found.map(({ kind }) => kind)).toEqual(['clean']);
});

test.each(bodies.filter(({ type }) => type === 'application/json'))(
  'JSON at $route.path is an object or an array of them: a client made from it sends no text in quotes',
  ({ schema }) => {
    expect(schema).toMatchObject({
      anyOf: [{ type: 'object' }, { type: 'array', items: { type: 'object' } }],
    });
  },
);

test.each(without!)('$type at $route.path has no example', ({ schema }) => {
  expect(schema).not.toHaveProperty('examples');
});

test('the bytes that an Avro record is said to begin with are those of the schema for clients', () => {
  const path = new URL('../../../events/schema/client-event-4.avsc', import.meta.url);
  const fingerprint = schemaFingerprint(JSON.parse(readFileSync(path, 'utf8')) as AvroSchema);
  const { description } = bodyOf(posts[0]!).content['avro/binary']!.schema;
  expect(description).toContain(
    `\`c3 01\`, then \`${fingerprint.toString('hex').replace(/(..)(?=.)/g, '$1 ')}\``,
  );
});
