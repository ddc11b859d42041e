import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpSide } from '../../test/http-side.ts';
import { newKey } from '../access/key-file.ts';

interface Schema {
  properties?: Record<string, object> & { code?: { enum: string[] } };
  required?: string[];
}
interface Answer {
  content: Record<string, { schema: Schema }>;
  headers?: Record<string, object>;
}
interface Operation {
  requestBody?: { content: Record<string, { schema: object; example?: unknown }> };
  security: Record<string, []>[];
  responses: Record<string, Answer>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
}

const startDescribed = (env: Record<string, string> = {}) =>
  startHttpSide({
    OPENAPI: 'true',
    BODY_BYTES_MAX: '2048',
    BODY_CHUNKS_MAX: '16',
    IN_FLIGHT_BYTES_MAX: '1MiB',
    ...env,
  });
const documentOf = async (url: string) => (await (await fetch(`${url}/openapi.json`)).json()) as Document;

test('it describes every route, and is not there unless asked for', async () => {
  const side = await startDescribed();
  const document = await documentOf(side.url);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(routes.toSorted()).toEqual([
    'get /v1/collect',
    'post /v1/collect',
    'post /v2/track',
    'post /v3/batch',
    'post /v4/beacon',
    'post /v4/events',
  ]);
  const closed = await startHttpSide();
  expect((await fetch(`${closed.url}/openapi.json`)).status).toBe(404);
});

test('the example of a body in JSON is an object there, and a query is the fields of a form', async () => {
  const { url } = await startDescribed();
  const { paths: described } = await documentOf(url);
  const contentOf = (path: string) => described[path]!['post']!.requestBody!.content;
  const { 'application/json': json, 'application/x-ndjson': lines } = contentOf('/v4/events');
  expect(json).toMatchObject({
    schema: { anyOf: [{ type: 'object' }, { type: 'array' }] },
    example: { events: [{ event_type: 'page_view', properties: { path: '/cart' } }] },
  });
  expect(lines).toMatchObject({ schema: { type: 'string' }, example: expect.stringMatching(/^\{.*\}\n$/) });
  expect(contentOf('/v1/collect')['application/x-www-form-urlencoded']).toMatchObject({
    schema: { type: 'object' },
    example: { e: 'page_view', p_path: '/cart' },
  });
});

const paths = [
  '/v4/events',
  '/v4/beacon',
  '/v3/batch',
  '/v2/track',
  '/v1/collect',
  '/v1/none',
  '/v4/events/',
];
const request = fc.record({
  path: fc.constantFrom(...paths),
  query: fc.constantFrom('', '?e=pv', '?partition_key=d%207', '?e=%zz', `?q=${'y'.repeat(20_000)}`),
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE'),
  type: fc.constantFrom('application/json', 'application/x-ndjson', 'text/plain', 'text/xml', 'nonsense', ''),
  encoding: fc.constantFrom('', '', 'gzip', 'x-gzip', 'compress', 'gzip, br'),
  body: fc.oneof(fc.string(), fc.constantFrom('', '[1]', 'x'.repeat(2_048), 'x'.repeat(2_049))),
  outcome: fc.constantFrom('written', 'written', 'unknown', 'refused', 'full'),
  closed: fc.constantFrom(undefined, undefined, undefined, 'topic-unfit', 'stopping'),
  key: fc.constantFrom('none', 'good', 'good', 'good', 'wrong', 'spent'),
  keyAt: fc.constantFrom('bearer', 'bearer', 'keyInUrl'),
});

/** Many keys of one request a second, one of which has used up its own. */
async function startWithKeys() {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-openapi-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const keys = Array.from({ length: 200 }, () => newKey('shop', ''));
  const file = join(folder, 'keys');
  writeFileSync(file, keys.map(({ stored }) => `${JSON.stringify(stored)}\n`).join(''));
  const side = await startDescribed({ KEYS_FILE: file, KEY_REQUESTS_PER_SECOND: '1' });
  const [spent, ...fresh] = keys.map(({ key }) => key);
  for (let n = 0; n < 4; n += 1) {
    await fetch(`${side.url}/v4/events`, { method: 'POST', headers: { authorization: `Bearer ${spent}` } });
  }
  let used = 0;
  const keyOf: Record<string, () => string | undefined> = {
    good: () => fresh[used++ % fresh.length],
    wrong: () => 'pk_wrong',
    spent: () => spent,
  };
  return { side, keyOf };
}

/** What the operation of this request says; where there is none, what those of its path do, or any. */
function operationsFor({ paths: described }: Document, path: string, method: string): Operation[] {
  const methods = described[path];
  if (!methods) return Object.values(described).flatMap((each) => Object.values(each));
  return methods[method] ? [methods[method]] : Object.values(methods);
}

interface Got {
  status: number;
  media: string;
  headers: Headers;
  said: Record<string, unknown>;
  /** How the client gave its key, or none. */
  given: string;
}

/** What an operation does not say of this answer, or says of it and is not so. */
function missingIn(
  { responses, security }: Operation,
  { status, media, headers, said, given }: Got,
): string[] {
  const named = responses[status];
  const schema = named?.content[media]?.schema;
  if (!schema) return [`${status} ${media}`];
  const { properties = {}, required = [] } = schema;
  const told = namesOf(Object.keys(named.headers ?? {}));
  const came = namesOf(headers.keys());
  const lacksKey = security.length > 0 && !security.some((way) => Object.keys(way).every((k) => k === given));
  return [
    ...Object.keys(said).filter((member) => !(member in properties)),
    ...required.filter((member) => !(member in said)),
    ...[said.code].filter((code) => code !== undefined && !properties.code?.enum.includes(code as string)),
    ...came.filter((header) => !told.includes(header)),
    ...told.filter((header) => !sometimes.has(header) && !came.includes(header)),
    ...(status === 200 && lacksKey ? ['a 200 without the key that it asks for'] : []),
    ...(said.code === 'key-missing' && !lacksKey ? ['that a key is needed'] : []),
  ].map((what) => `${status}: ${String(what)}`);
}

/** What HTTP itself adds. */
const everywhere = new Set([
  'cache-control',
  'connection',
  'content-length',
  'content-type',
  'date',
  'keep-alive',
]);
const namesOf = (headers: Iterable<string>) =>
  [...headers].map((name) => name.toLowerCase()).filter((name) => !everywhere.has(name));
const sometimes = new Set(['accept', 'accept-encoding', 'penstock-stored']);

test.each([
  { when: 'without keys', start: async () => ({ side: await startDescribed(), keyOf: {} }), more: [] },
  { when: 'with keys', start: startWithKeys, more: [401, 403, 429] },
])('every answer that a random client gets $when is one that it names', { timeout: 120_000 }, async (row) => {
  const { side, keyOf }: Awaited<ReturnType<typeof startWithKeys>> = await row.start();
  const document = await documentOf(side.url);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, method, type, encoding, body, ...o }) => {
      side.outcome = o.outcome as typeof side.outcome;
      side.closedBecause = o.closed as typeof side.closedBecause;
      const key = keyOf[o.key]?.();
      const inUrl = key === undefined || o.keyAt !== 'keyInUrl' ? query : `${query || '?'}&api_key=${key}`;
      const response = await fetch(`${side.url}${path}${inUrl}`, {
        method,
        ...(method !== 'GET' && { body }),
        headers: {
          'content-type': type,
          ...(encoding !== '' && { 'content-encoding': encoding }),
          ...(key !== undefined && o.keyAt === 'bearer' && { authorization: `Bearer ${key}` }),
        },
      });
      const { status, headers } = response;
      const media = headers.get('content-type')!.split(';')[0]!;
      const said = media === 'image/gif' ? {} : ((await response.json()) as Record<string, unknown>);
      if (media === 'image/gif') await response.arrayBuffer();
      seen.add(status);
      const given = key === undefined ? 'none' : o.keyAt;
      const got = { status, media, headers, said, given };
      const operations = operationsFor(document, path, method.toLowerCase());
      expect(operations.flatMap((operation) => missingIn(operation, got))).toEqual([]);
    }),
    { seed: 7, numRuns: 400 },
  );
  const usual = [200, 400, 404, 405, 413, 415, 431, 503];
  expect([...seen].toSorted((a, b) => a - b)).toEqual([...usual, ...row.more].toSorted((a, b) => a - b));
});
