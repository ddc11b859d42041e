import { expect, test } from 'vitest';
import { sendRaw, startHttpSide, type HttpSide } from '../../test/http-side.ts';

const shop = 'https://shop.example';
const json = 'content-type: application/json';

/** As a browser sends it: fetch would not let us set the origin. */
async function ask(side: HttpSide, requestLine: string, headers: readonly string[], body = '') {
  const lines = ['host: receiver.example', 'connection: close', ...headers];
  if (body !== '') lines.push(`content-length: ${body.length}`);
  const answer = await sendRaw(side.port, [
    `${requestLine} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`,
  ]);
  const head = answer.split('\r\n\r\n', 1)[0]!.toLowerCase();
  const named = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.split(': ') as [string, string]);
  return { status: Number(answer.slice(9, 12)), headers: new Map(named) };
}

const preflight = (origin: string, method = 'POST') => [
  `origin: ${origin}`,
  `access-control-request-method: ${method}`,
  'access-control-request-headers: content-type,x-partition-key',
];

test('a page of an allowed origin may ask first, and then read its 200 and its problems', async () => {
  const side = await startHttpSide({ CORS_ORIGINS: `${shop},https://press.example` });
  const first = await ask(side, 'OPTIONS /v4/events', preflight(shop));
  expect(first.status).toBe(204);
  expect(first.headers.get('access-control-allow-origin')).toBe(shop);
  expect(first.headers.get('access-control-allow-headers')).toContain('x-partition-key');
  expect(first.headers.get('access-control-max-age')).toBe('7200');
  // Or a beacon made of a JSON Blob is thrown away by the browser.
  expect(first.headers.get('access-control-allow-credentials')).toBe('true');
  const posted = await ask(side, 'POST /v4/events', [`origin: ${shop}`, json], '[1]');
  expect([posted.status, posted.headers.get('access-control-allow-origin')]).toEqual([200, shop]);
  expect(posted.headers.get('vary')).toContain('origin');
  const refused = await ask(side, 'POST /v4/events', [`origin: ${shop}`, 'content-type: text/xml'], '[1]');
  expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([415, shop]);
  side.outcome = 'unknown';
  const late = await ask(side, 'POST /v4/events', [`origin: ${shop}`, json], '[1]');
  expect([late.status, late.headers.get('access-control-expose-headers')]).toEqual([503, 'retry-after']);
  expect(side.appended).toHaveLength(2);
});

test('a page of another origin may read nothing, and its preflight allows nothing', async () => {
  const side = await startHttpSide({ CORS_ORIGINS: shop });
  for (const origin of ['https://evil.example', `${shop}.evil.example`, 'null', 'http://shop.example']) {
    const first = await ask(side, 'OPTIONS /v4/events', preflight(origin));
    expect(first.headers.get('access-control-allow-origin')).toBeUndefined();
    const posted = await ask(
      side,
      'POST /v4/beacon',
      [`origin: ${origin}`, 'content-type: text/plain'],
      '{}',
    );
    expect(posted.headers.get('access-control-allow-origin')).toBeUndefined();
  }
});

test('the star is for every origin', async () => {
  const side = await startHttpSide({ CORS_ORIGINS: '*' });
  const posted = await ask(side, 'POST /v4/beacon', ['origin: null', 'content-type: text/plain'], '{}');
  expect([posted.status, posted.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
});

test('no origin is allowed unless one is named', async () => {
  const side = await startHttpSide();
  const first = await ask(side, 'OPTIONS /v4/events', preflight(shop));
  expect([first.status, first.headers.get('access-control-allow-origin')]).toEqual([405, undefined]);
});
