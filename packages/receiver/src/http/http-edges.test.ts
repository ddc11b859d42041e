import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { answersTo, sendRaw, startHttpSide, type HttpSide } from '../../test/http-side.ts';

const json = 'content-type: application/json\r\n';
const post = (version: string, headers: string, body = '') =>
  `POST /v4/events ${version}\r\n${json}${headers}\r\n${body}`;
const host = 'host: receiver.example\r\n';
const form = 'content-type: application/x-www-form-urlencoded';
const two = 'content-length: 2\r\n';
const chunked = 'transfer-encoding: chunked\r\n';

/** One answer with this status, as a problem document that is closed after, and nothing stored. */
async function expectRefused(side: HttpSide, parts: readonly string[], status: number, code: string) {
  const answer = await sendRaw(side.port, parts, 20);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
  expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
  expect(answer).toContain(`"code":"${code}"`);
  expect(answer.toLowerCase()).toContain('connection: close');
  expect(side.appended).toEqual([]);
  await expect.poll(() => side.budget.bytes).toBe(0);
}

test.each([
  ['two different hosts', post('HTTP/1.1', `${host}HOST: other.example\r\n${two}`, '{}'), 400],
  ['the same host twice', post('HTTP/1.1', `${host}Host: receiver.example\r\n${two}`, '{}'), 400],
  ['no host', post('HTTP/1.1', two, '{}'), 400],
  ['HTTP/0.9', 'GET /v1/collect?e=pv\r\n\r\n', 400],
  ['HTTP/0.9 that says so', post('HTTP/0.9', `${host}${two}`, '{}'), 400],
  ['HTTP/2 without its handshake', post('HTTP/2.0', `${host}${two}`, '{}'), 400],
  ['chunks in HTTP/1.0', post('HTTP/1.0', `${host}${chunked}`, '2\r\n{}\r\n0\r\n\r\n'), 400],
  ['CONNECT', 'CONNECT example.org:443 HTTP/1.1\r\nhost: example.org\r\n\r\n', 400],
  ['a chunk without a size', post('HTTP/1.1', `${host}${chunked}`, '\r\n{}\r\n'), 400],
  ['a chunk longer than its size', post('HTTP/1.1', `${host}${chunked}`, '1\r\n{}\r\n0\r\n\r\n'), 400],
])('%s is answered %i and closed', async (_, request) => {
  await expectRefused(await startHttpSide(), [request], 400, 'bad-request');
});

test('a chunk that breaks after good ones is answered 400, not left without an answer', async () => {
  const side = await startHttpSide();
  const parts = [post('HTTP/1.1', `${host}${chunked}`), '2\r\n{}\r\n', '0x2\r\n{}\r\n'];
  await expectRefused(side, parts, 400, 'bad-request');
});

test.each(['gzip, chunked', 'deflate, chunked', 'gzip', 'identity'])(
  'transfer-encoding %s is answered 501 and closed',
  async (encoding) => {
    const request = post('HTTP/1.1', `${host}transfer-encoding: ${encoding}\r\n`, '2\r\n{}\r\n0\r\n\r\n');
    await expectRefused(await startHttpSide(), [request], 501, 'unsupported-transfer-encoding');
  },
);

test('bytes beyond the length get a 400 of their own, after the answer before them', async () => {
  const side = await startHttpSide();
  const answer = await sendRaw(side.port, [post('HTTP/1.1', `${host}${two}`, '{}garbage')]);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  expect(side.appended).toHaveLength(1);
});

test('an expectation other than 100-continue is a problem document, too', async () => {
  const side = await startHttpSide();
  const request = post('HTTP/1.1', `${host}expect: 200-ok\r\n${two}`, '{}');
  await expectRefused(side, [request], 417, 'expectation-failed');
});

test('100-continue is said to who may send a body, and a body that is too large is 413 alone', async () => {
  const side = await startHttpSide({ BODY_BYTES_MAX: '1024' });
  const expecting = (length: number) =>
    post('HTTP/1.1', `${host}expect: 100-continue\r\ncontent-length: ${length}\r\n`);
  await expectRefused(side, [expecting(1_025)], 413, 'too-large');
  const answer = await answersTo(side.port, [expecting(2), '{}'], 50);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
  expect(side.appended).toHaveLength(1);
});

test('more headers than the limit are 431, as many are not, and none is left out', async () => {
  const side = await startHttpSide({ HEADER_COUNT_MAX: '20', TRUSTED_PROXY_HOPS: '1' });
  const many = (count: number) => Array.from({ length: count }, (_, n) => `x-${n}: y\r\n`).join('');
  const request = (count: number) =>
    post('HTTP/1.1', `${host}${two}${many(count - 4)}x-attempt: 3\r\n`, '{}');
  const refused = await answersTo(side.port, [request(21)]);
  expect(refused).toContain('HTTP/1.1 431 ');
  expect(refused).toContain('"code":"headers-too-large"');
  expect(side.appended).toEqual([]);
  expect(await answersTo(side.port, [request(20)])).toContain('HTTP/1.1 200 ');
  const headers = side.appended[0]!.record.headers!.map(([name, value]) => `${name}=${String(value)}`);
  expect(headers).toContain('attempt=3');
});

test('a connection that never says anything is closed silently, later than slow headers', async () => {
  const side = await startHttpSide({ HEADERS_TIMEOUT_MS: '500', KEEP_ALIVE_TIMEOUT_MS: '2000' });
  const startedAt = performance.now();
  expect(await sendRaw(side.port, [], 0, 20_000)).toBe('');
  expect(performance.now() - startedAt).toBeGreaterThan(1_400);
  expect(await side.metrics()).toContain('reason="slow-request"} 0');
});

test('a connection that was opened ahead is served when it asks at last', async () => {
  const side = await startHttpSide({ HEADERS_TIMEOUT_MS: '500', KEEP_ALIVE_TIMEOUT_MS: '60000' });
  const request = post('HTTP/1.1', `${host}connection: close\r\n${two}`, '{}');
  const socket = connect(side.port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  await new Promise((resolve) => setTimeout(resolve, 2_200));
  socket.write(request);
  await expect.poll(() => answer).toContain('HTTP/1.1 200 ');
  socket.destroy();
});

test('raw bytes beyond ASCII in the URL of a pixel are stored, percent-encoded', async () => {
  const side = await startHttpSide();
  const pixel = (query: string) =>
    Buffer.from(`GET /v1/collect?${query} HTTP/1.1\r\n${host}user-agent: Mail/1\r\n\r\n`, 'utf8').toString(
      'latin1',
    );
  const answer = await sendRaw(side.port, [pixel('e=pv&u=Größe&z=%7E')]);
  expect(answer).toContain('HTTP/1.1 200 OK\r\ncontent-type: image/gif');
  expect(answer).toContain('GIF89a');
  expect(String(side.appended[0]!.record.value)).toBe('e=pv&u=Gr%C3%B6%C3%9Fe&z=%7E');
  const unknown = await sendRaw(side.port, [pixel('e').replace('/v1/collect', '/v9/\u00c3\u00a4')]);
  expect(unknown).toContain('HTTP/1.1 404 ');
  for (const bad of ['e=\u0001ä', 'e=ä\u0000']) {
    expect(await sendRaw(side.port, [pixel(bad)])).toContain('HTTP/1.1 400 ');
  }
  expect(side.appended).toHaveLength(1);
});

test('415 says what is taken', async () => {
  const side = await startHttpSide();
  const headers = (type: string, encoding = 'identity') => ({
    'content-type': type,
    'content-encoding': encoding,
  });
  const answers = await Promise.all(
    [headers('text/xml'), headers('nonsense'), headers('application/json', 'compress')].map((init) =>
      fetch(`${side.url}/v4/events`, { method: 'POST', body: '{}', headers: init }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual([415, 415, 415]);
  const accepted = 'application/x-ndjson, application/json, avro/binary';
  expect(answers.map((answer) => answer.headers.get('accept'))).toEqual([accepted, accepted, null]);
  expect(answers[2]!.headers.get('accept-encoding')).toBe('gzip, zstd, br, deflate');
});

test.each([
  ['x-gzip', `POST /v2/track HTTP/1.1\r\n${host}content-encoding: X-GZIP\r\n${two}\r\n{}`, 'gzip'],
  ['an empty content type', `POST /v3/batch HTTP/1.1\r\n${host}content-type: \r\n${two}\r\n{}`, undefined],
  [
    'an encoding of a pixel',
    `GET /v1/collect?e=1 HTTP/1.1\r\n${host}content-encoding: nonsense\r\n\r\n`,
    undefined,
  ],
  [
    'JSON that says it is a form',
    `POST /v1/collect HTTP/1.1\r\n${host}content-type: application/x-www-form-urlencoded\r\n${two}\r\n{}`,
    undefined,
  ],
  ['an untyped Blob', `POST /v4/beacon HTTP/1.1\r\n${host}${two}\r\n{}`, undefined],
  ['a JSON Blob', `POST /v4/beacon HTTP/1.1\r\n${host}${json}${two}\r\n{}`, undefined],
  ['URLSearchParams', `POST /v4/beacon HTTP/1.1\r\n${host}${form};charset=UTF-8\r\n${two}\r\na=`, undefined],
])('%s is taken', async (_, request, encoding) => {
  const side = await startHttpSide();
  expect(await answersTo(side.port, [request])).toContain('HTTP/1.1 200 ');
  const headers = Object.fromEntries(
    side.appended[0]!.record.headers!.map(([name, value]) => [name, String(value)]),
  );
  expect(headers['content-encoding']).toBe(encoding);
});

test('connections of one address beyond its limit are closed, and counted apart', async () => {
  const side = await startHttpSide({ CONNECTIONS_PER_ADDRESS_MAX: '2' });
  const open = () => sendRaw(side.port, [post('HTTP/1.1', `${host}content-length: 9\r\n`)], 0, 900);
  const first = [open(), open()];
  await expect.poll(() => side.reads.active).toBe(2);
  expect(await sendRaw(side.port, [post('HTTP/1.1', `${host}${two}`, '{}')], 0, 500)).toBe('');
  expect(await side.metrics()).toContain('dropped_connections_total{limit="address"} 1');
  await Promise.all(first);
  expect(await answersTo(side.port, [post('HTTP/1.1', `${host}${two}`, '{}')])).toContain('HTTP/1.1 200 ');
});

test.each([
  ['a pixel', 'GET /v1/collect?e=pv', 200],
  ['a preflight', 'OPTIONS /v4/events', 204],
  ['the description of the routes', 'GET /openapi.json', 200],
  ['an unknown method', 'DELETE /v4/events', 405],
])('%s with a body that does not end is answered, and cut off after some MiB', async (_, line, status) => {
  const side = await startHttpSide({ CORS_ORIGINS: 'https://shop.example', OPENAPI: 'true' });
  const preflight = 'origin: https://shop.example\r\naccess-control-request-method: POST\r\n';
  const socket = connect(side.port, '127.0.0.1').setEncoding('latin1');
  let answer = '';
  let open = true;
  socket.on('data', (text: string) => (answer += text)).on('error', () => {});
  socket.on('close', () => (open = false));
  socket.write(`${line} HTTP/1.1\r\n${host}${preflight}${chunked}\r\n`);
  await expect.poll(() => answer).toContain(`HTTP/1.1 ${status}`);
  const mib = Buffer.from(`100000\r\n${'x'.repeat(1024 ** 2)}\r\n`);
  let sent = 0;
  for (; open && sent < 64; sent += 1) {
    await new Promise<void>((resolve) => socket.write(mib, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.destroy();
  expect(sent).toBeLessThan(32);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a pixel with a body is stored without it, and the next request on its connection is read', async () => {
  const side = await startHttpSide();
  const pixel = (query: string) => `GET /v1/collect?${query} HTTP/1.1\r\n${host}`;
  const sent = `${pixel('e=1')}content-length: 5\r\n\r\nhello${pixel('e=2')}\r\n`;
  const answer = await answersTo(side.port, [sent], 0, 2);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200']);
  expect(side.appended.map(({ record }) => String(record.value))).toEqual(['e=1', 'e=2']);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test.each([
  ['a body', `POST /unknown HTTP/1.1\r\n${host}${two}\r\n{}`],
  ['no body', `GET /unknown HTTP/1.1\r\n${host}\r\n`],
])('300 refused requests in one piece, with %s: each is answered, without a warning', async (_, request) => {
  const side = await startHttpSide();
  const warnings: string[] = [];
  const onWarning = ({ message }: Error): void => void warnings.push(message);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const answer = await answersTo(side.port, [request.repeat(300)], 0, 300);
  expect(answer.match(/HTTP\/1\.1 404/g)).toHaveLength(300);
  expect(warnings).toEqual([]);
  await expect.poll(() => side.budget.bytes).toBe(0);
});
