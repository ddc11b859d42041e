import { expect, test } from 'vitest';
import { startHttpSide } from '../../test/http-side.ts';

test('a route of the deployer stores any body as it came, with the number of its format', async () => {
  const side = await startHttpSide({ ROUTES: '/till/receipts=100,/desk=417', OPENAPI: 'true' });
  for (const [path, hint] of [
    ['/till/receipts', '100'],
    ['/desk', '417'],
  ] as const) {
    const response = await fetch(`${side.url}${path}?partition_key=k`, {
      method: 'POST',
      body: '{"no":1}\n',
    });
    expect(response.status).toBe(200);
    const { headers, value } = side.appended.at(-1)!.record;
    expect(value!.toString()).toBe('{"no":1}\n');
    const named = new Map(headers?.map(([name, text]) => [name, String(text)]));
    expect(named.get('format-hint')).toBe(hint);
  }
  const wrong = await fetch(`${side.url}/desk`, {
    method: 'POST',
    body: 'x',
    headers: { 'content-type': 'a/b' },
  });
  expect(wrong.status).toBe(415);
  expect((await fetch(`${side.url}/desk`)).status).toBe(405);
  expect((await fetch(`${side.url}/till`, { method: 'POST', body: 'x' })).status).toBe(404);
  const document = (await (await fetch(`${side.url}/openapi.json`)).json()) as { paths: object };
  expect(Object.keys(document.paths)).toContain('/till/receipts');
});
