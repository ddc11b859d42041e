import fc from 'fast-check';
import { expect, test } from 'vitest';
import { startHttpSide } from '../../test/http-side.ts';

interface Answer {
  content: Record<string, { schema: { properties?: { code?: { enum: string[] } } } }>;
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, { responses: Record<string, Answer> }>>;
}

const startDescribed = () =>
  startHttpSide({
    OPENAPI: 'true',
    BODY_BYTES_MAX: '2048',
    BODY_CHUNKS_MAX: '16',
    IN_FLIGHT_BYTES_MAX: '1MiB',
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

const request = fc.record({
  path: fc.constantFrom('/v4/events', '/v4/beacon', '/v3/batch', '/v2/track', '/v1/collect', '/v1/none'),
  query: fc.constantFrom('', '?e=pv', '?partition_key=d%207', '?api_key=x&e=%zz', `?q=${'y'.repeat(20_000)}`),
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE'),
  type: fc.constantFrom('application/json', 'application/x-ndjson', 'text/plain', 'text/xml', 'nonsense', ''),
  encoding: fc.constantFrom('', '', 'gzip', 'x-gzip', 'compress', 'gzip, br'),
  body: fc.oneof(fc.string(), fc.constantFrom('', '[1]', 'x'.repeat(2_048), 'x'.repeat(2_049))),
  outcome: fc.constantFrom('written', 'written', 'unknown', 'refused', 'full'),
  closed: fc.constantFrom(undefined, undefined, undefined, 'topic-unfit', 'stopping'),
});

test('every answer that a random client gets is one that it names', { timeout: 120_000 }, async () => {
  const side = await startDescribed();
  const { paths } = await documentOf(side.url);
  const seen = new Set<number>();
  await fc.assert(
    fc.asyncProperty(request, async ({ path, query, method, type, encoding, body, outcome, closed }) => {
      side.outcome = outcome as typeof side.outcome;
      side.closedBecause = closed as typeof side.closedBecause;
      const response = await fetch(`${side.url}${path}${query}`, {
        method,
        ...(method !== 'GET' && { body }),
        headers: { 'content-type': type, ...(encoding !== '' && { 'content-encoding': encoding }) },
      });
      const media = response.headers.get('content-type')!.split(';')[0]!;
      const code =
        media === 'application/problem+json' ? ((await response.json()) as { code: string }).code : '';
      if (media !== 'application/problem+json') await response.arrayBuffer();
      seen.add(response.status);
      const operation = paths[path]?.[method.toLowerCase()];
      const outside = ['not-found', 'method-not-allowed', 'headers-too-large'];
      const named = operation?.responses[response.status]?.content[media];
      const codes = named?.schema.properties?.code?.enum ?? (named ? [''] : outside);
      expect(codes).toContain(code);
    }),
    { seed: 7, numRuns: 400 },
  );
  expect([...seen].toSorted((a, b) => a - b)).toEqual([200, 400, 404, 405, 413, 415, 431, 503]);
});
