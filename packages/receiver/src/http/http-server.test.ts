import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { answersTo, sendRaw, startHttpSide, type HttpSide } from '../../test/http-side.ts';

const json = { 'content-type': 'application/json' };
const post = (side: HttpSide, path: string, body: string | Buffer, headers: Record<string, string> = json) =>
  fetch(`${side.url}${path}`, { method: 'POST', body, headers });
const problemOf = async (response: Response) => ({
  status: response.status,
  type: response.headers.get('content-type'),
  ...((await response.json()) as { code: string; retryable: boolean; request_id: string }),
});
const headersOf = (side: HttpSide) =>
  Object.fromEntries((side.appended[0]?.record.headers ?? []).map(([name, value]) => [name, String(value)]));
const head = (length: string) =>
  `POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n${length}\r\n\r\n`;

test('a request is one record: its body as it came, its facts as headers', async () => {
  const side = await startHttpSide({ TRUSTED_PROXY_HOPS: '1' });
  const response = await post(side, '/v4/events', '{"a" :1}\n', {
    'content-type': 'application/x-ndjson; charset=utf-8',
    'user-agent': 'shop/1.2 \u00ff',
    'x-forwarded-for': '203.0.113.9, 198.51.100.7',
    'x-partition-key': 'device-7',
    'x-sent-at': '1795470000000',
    'x-attempt': '2',
  });
  const answer = (await response.json()) as { request_id: string; bytes: number };
  expect(response.status).toBe(200);
  expect(answer.bytes).toBe(9);
  expect(side.appended).toHaveLength(1);
  const { record } = side.appended[0]!;
  expect(String(record.value)).toBe('{"a" :1}\n');
  expect(String(record.key)).toBe('default:device-7');
  expect(headersOf(side)).toEqual({
    'request-id': answer.request_id,
    'received-at': String(record.timestampMs),
    'format-hint': '4',
    dc: 'fra',
    receiver: 'receiver-1',
    tenant: 'default',
    'content-type': 'application/x-ndjson; charset=utf-8',
    'client-ip': '198.51.100.7',
    'user-agent': 'shop/1.2 ÿ',
    'sent-at': '1795470000000',
    attempt: '2',
  });
});

test.each([
  ['/v4/events', 'avro/binary', '4'],
  ['/v4/beacon', 'text/plain;charset=UTF-8', '4'],
  ['/v3/batch', 'application/json', '3'],
  ['/v2/track', 'application/json', '2'],
  ['/v1/collect', 'application/x-www-form-urlencoded', '1'],
])('%s takes %s as format %s', async (path, contentType, hint) => {
  const side = await startHttpSide();
  expect((await post(side, path, 'e=1', { 'content-type': contentType })).status).toBe(200);
  expect(headersOf(side)).toMatchObject({ 'format-hint': hint, 'content-type': contentType });
});

test('a pixel is answered by an image, its query is the body', async () => {
  const side = await startHttpSide();
  const response = await fetch(`${side.url}/v1/collect?e=pv&u=%C3%A4%zz`);
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/gif']);
  expect(Buffer.from(await response.arrayBuffer()).toString('latin1')).toMatch(/^GIF89a/);
  expect(String(side.appended[0]?.record.value)).toBe('e=pv&u=%C3%A4%zz');
  expect(headersOf(side)).toMatchObject({
    'format-hint': '1',
    'content-type': 'application/x-www-form-urlencoded',
  });
  expect((await fetch(`${side.url}/v1/collect`)).status).toBe(400);
});

test('historical clients need no content type, current ones do', async () => {
  const side = await startHttpSide();
  const bare = (path: string) =>
    `POST ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}`;
  expect(await sendRaw(side.port, [bare('/v2/track')])).toContain('HTTP/1.1 200 ');
  expect(await sendRaw(side.port, [bare('/v4/events')])).toContain('HTTP/1.1 415 ');
  expect(headersOf(side)).not.toHaveProperty('content-type');
});

test.each(['gzip', 'zstd', 'br'])('a body encoded as %s passes untouched, a bomb too', async (encoding) => {
  const side = await startHttpSide();
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  expect((await post(side, '/v4/events', bomb, { ...json, 'content-encoding': encoding })).status).toBe(200);
  expect(bomb.equals(side.appended[0]!.record.value!)).toBe(true);
  expect(headersOf(side)).toMatchObject({ 'content-encoding': encoding });
});

test.each([
  ['POST', '/v4/events', 'text/xml', 415, 'unsupported-content-type'],
  ['POST', '/v4/events', 'nonsense', 415, 'unsupported-content-type'],
  ['POST', '/v4/beacon', 'application/xml', 415, 'unsupported-content-type'],
  ['PUT', '/v4/events', 'application/json', 405, 'method-not-allowed'],
  ['PATCH', '/v4/events', 'nonsense', 405, 'method-not-allowed'],
  ['DELETE', '/v9/events', 'nonsense', 404, 'not-found'],
  ['OPTIONS', '/v4/events', 'application/json', 405, 'method-not-allowed'],
  ['POST', '/v5/events', 'application/json', 404, 'not-found'],
  ['POST', '/v4/%zz', 'application/json', 400, 'bad-request'],
])('%s %s of %s is answered %i', async (method, path, contentType, status, code) => {
  const side = await startHttpSide();
  const init = { body: '{}', headers: { 'content-type': contentType } };
  const response = await fetch(`${side.url}${path}`, { ...init, method });
  expect(await problemOf(response)).toMatchObject({ status, code, retryable: false });
  expect(side.appended).toEqual([]);
});

test.each(['//v4/events', '/v4/events/', '/v4/events/v4/events?partition_key=k'])(
  '%s is no route, and the problem names the one that was meant',
  async (path) => {
    const side = await startHttpSide();
    const problem = await problemOf(await post(side, path, '{}'));
    expect(problem).toMatchObject({ status: 404, code: 'not-found', detail: 'Did you mean /v4/events?' });
    expect(side.appended).toEqual([]);
  },
);

test('an unknown or doubled content encoding is answered 415, an empty body 400', async () => {
  const side = await startHttpSide();
  for (const encoding of ['compress', 'gzip, br']) {
    const response = await post(side, '/v4/events', '{}', { ...json, 'content-encoding': encoding });
    expect(await problemOf(response)).toMatchObject({ status: 415, code: 'unsupported-content-encoding' });
  }
  expect(await problemOf(await post(side, '/v4/events', ''))).toMatchObject({
    status: 400,
    code: 'empty-body',
  });
});

test('a problem is RFC 9457 with code, retryable and an id of its own', async () => {
  const side = await startHttpSide();
  expect(await problemOf(await post(side, '/v4/events', ''))).toEqual({
    type: 'about:blank',
    title: 'The body is empty',
    status: 400,
    code: 'empty-body',
    retryable: false,
    request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});

test.each([
  ['unknown', 503, 'kafka-late'],
  ['refused', 503, 'kafka-refused'],
  ['full', 503, 'memory-full'],
] as const)('%s by the producer is 503 with a jittered Retry-After', async (outcome, status, code) => {
  const side = await startHttpSide();
  side.outcome = outcome;
  const response = await post(side, '/v4/events', '{}');
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
  expect(Number(response.headers.get('retry-after'))).toBeLessThanOrEqual(5);
  expect(await problemOf(response)).toMatchObject({ status, code, retryable: true });
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a Receiver that stops says so: connection: close first, then 503', async () => {
  const side = await startHttpSide();
  side.leaving = true;
  const last = await post(side, '/v4/events', '{}');
  expect([last.status, last.headers.get('connection')]).toEqual([200, 'close']);
  side.closedBecause = 'stopping';
  expect(await problemOf(await post(side, '/v4/events', '{}'))).toMatchObject({
    status: 503,
    code: 'stopping',
  });
});

test('exactly the limit is taken, one byte more is 413, whatever content-length says', async () => {
  const side = await startHttpSide({ BODY_BYTES_MAX: '1024' });
  expect((await post(side, '/v4/events', 'x'.repeat(1024))).status).toBe(200);
  expect(await problemOf(await post(side, '/v4/events', 'x'.repeat(1025)))).toMatchObject({
    status: 413,
    code: 'too-large',
  });
  const chunk = `401\r\n${'x'.repeat(1025)}\r\n`;
  expect(await answersTo(side.port, [head('transfer-encoding: chunked'), chunk, '0\r\n\r\n'], 20)).toContain(
    'HTTP/1.1 413 ',
  );
  expect(side.appended).toHaveLength(1);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a body in ever so many tiny chunks is 400, however few its bytes, and no record', async () => {
  const side = await startHttpSide({ BODY_CHUNKS_MAX: '100' });
  const tiny = (count: number) => [head('transfer-encoding: chunked'), '2\r\n{}\r\n'.repeat(count)];
  const refused = await answersTo(side.port, tiny(101), 20);
  expect(refused).toContain('HTTP/1.1 400 ');
  expect(refused).toContain('"code":"too-many-chunks","retryable":false');
  await expect.poll(() => side.budget.bytes).toBe(0);
  expect(side.appended).toEqual([]);
  expect(await answersTo(side.port, [...tiny(99), '0\r\n\r\n'], 20)).toContain('HTTP/1.1 200 ');
  expect(String(side.appended[0]!.record.value)).toBe('{}'.repeat(99));
});

test('a refused body that drips in tiny chunks is counted while it comes, then cut off', async () => {
  const side = await startHttpSide();
  const refused = head('transfer-encoding: chunked').replace('json', 'xml');
  const dripping = sendRaw(side.port, [refused, '1\r\nx\r\n'], 0, 600);
  await expect.poll(() => side.budget.bytes).toBe(2048);
  await dripping;
  await expect.poll(() => side.budget.bytes).toBe(0);
  const flood = Array.from({ length: 40 }, () => '1\r\nx\r\n'.repeat(1000));
  expect(await sendRaw(side.port, [refused, ...flood], 5, 9_000)).toContain('HTTP/1.1 415 ');
  const discarded = /discarded_bytes_total (\d+)/.exec(await side.metrics())?.[1];
  expect(Number(discarded)).toBeLessThan(25_000);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a client that keeps sending after 413 is cut off', async () => {
  const side = await startHttpSide({ BODY_BYTES_MAX: '1024' });
  const flood = Array.from({ length: 100 }, () => `10000\r\n${'x'.repeat(0x10000)}\r\n`);
  const started = Date.now();
  expect(await sendRaw(side.port, [head('transfer-encoding: chunked'), ...flood], 5, 9_000)).toContain(
    'HTTP/1.1 413 ',
  );
  expect(Date.now() - started).toBeLessThan(8_000);
});

test('a body shorter than its content-length is never a record', async () => {
  const side = await startHttpSide({ BODY_TIMEOUT_MS: '600' });
  const stalled = await sendRaw(side.port, [head('content-length: 10'), '{"a"'], 0);
  expect(stalled).toContain('HTTP/1.1 408 ');
  expect(stalled).toContain('"code":"slow-request","retryable":true');
  await sendRaw(side.port, [head('content-length: 10'), '{"a"'], 20, 50);
  await expect.poll(() => side.metrics()).toContain('reason="truncated-body"} 1');
  expect(side.appended).toEqual([]);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a client that resets after its last byte leaves no record under another key', async () => {
  const side = await startHttpSide();
  const body = '{"events":[]}';
  const request = `${head(`content-length: ${body.length}`).replace('/v4/events', '/v3/batch')}${body}`;
  const socket = connect(side.port, '127.0.0.1', () => {
    // Both happen before the Receiver reads: it finds a whole request on a connection that is gone.
    socket.write(request, () => socket.resetAndDestroy());
  });
  await expect
    .poll(() => side.metrics())
    .toMatch(/reason="truncated-body"} 1|received_requests_total{route="batch"} 1/);
  expect((await post(side, '/v3/batch', body)).status).toBe(200);
  await expect.poll(() => side.budget.bytes).toBe(0);
  const keys = side.appended.map(({ record }) => Buffer.from(record.key!).toString('hex'));
  expect(new Set(keys).size).toBe(1);
});

test('a client that has left before Kafka answers costs nothing', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  const answer = sendRaw(side.port, [`${head('content-length: 2')}{}`], 0, 200);
  await expect.poll(() => side.appended.length).toBe(1);
  expect(await answer).toBe('');
  side.appended[0]!.token.settled(undefined);
  await expect.poll(() => side.budget.bytes).toBe(0);
  side.outcome = 'written';
  expect((await post(side, '/v4/events', '{}')).status).toBe(200);
});

test('bytes beyond the content-length are no second request, and cost the first nothing', async () => {
  const side = await startHttpSide();
  side.outcome = 'never';
  expect(await sendRaw(side.port, [`${head('content-length: 2')}{}{"more":1}`], 0, 1_000)).toBe('');
  side.outcome = 'written';
  const answer = await answersTo(side.port, [`${head('content-length: 2')}{}`, '{"more":1}'], 100, 2);
  expect(answer).toContain('HTTP/1.1 200 ');
  expect(answer).toContain('HTTP/1.1 400 ');
  expect(side.appended.map(({ record }) => String(record.value))).toEqual(['{}', '{}']);
});

test('a slow loris is answered 408: in its headers, and in its body', async () => {
  const side = await startHttpSide({ HEADERS_TIMEOUT_MS: '500', BODY_BYTES_PER_SECOND_MIN: '1000' });
  const [headers, body] = await Promise.all([
    sendRaw(
      side.port,
      ['POST /v4/events HTTP/1.1\r\n', ...Array.from({ length: 6 }, (_, n) => `x-${n}: y\r\n`)],
      400,
      4_500,
    ),
    sendRaw(side.port, [head('content-length: 1000'), ...Array.from({ length: 10 }, () => 'x')], 400, 4_500),
  ]);
  expect(headers).toContain('HTTP/1.1 408 ');
  expect(body).toContain('HTTP/1.1 408 ');
  expect(side.appended).toEqual([]);
});

test('smuggling and malformed requests are refused by the connection', async () => {
  const side = await startHttpSide({ HEADER_BYTES_MAX: '4096' });
  const both = head('content-length: 3\r\ntransfer-encoding: chunked');
  expect(await sendRaw(side.port, [`${both}0\r\n\r\n`])).toContain('HTTP/1.1 400 ');
  expect(await sendRaw(side.port, [`${head('content-length: 2\r\ncontent-length: 3')}{}`])).toContain(
    'HTTP/1.1 400 ',
  );
  expect(await sendRaw(side.port, ['POST /v4/events HTTP/1.1\r\nbad header\r\n\r\n'])).toContain(
    '"code":"bad-request"',
  );
  expect(await sendRaw(side.port, [head(`x-long: ${'y'.repeat(5000)}`)])).toContain('HTTP/1.1 431 ');
  expect(side.appended).toEqual([]);
});

test('a full memory budget is 503 before the body is read, and is given back', async () => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '1MiB' });
  side.outcome = 'never';
  const waiting = post(side, '/v4/events', 'x'.repeat(900_000));
  await expect.poll(() => side.appended.length).toBe(1);
  const answer = await answersTo(side.port, [head('content-length: 200000')]);
  expect(answer).toContain('HTTP/1.1 503 ');
  expect(answer).toContain('"code":"memory-full"');
  const settle = side.appended[0]!.token;
  settle.settled(undefined);
  expect((await waiting).status).toBe(200);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a chunked body that outgrows the budget is 503', async () => {
  const side = await startHttpSide({ IN_FLIGHT_BYTES_MAX: '1MiB' });
  side.budget.take(1024 * 1024 - 4096);
  const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`;
  expect(await answersTo(side.port, [head('transfer-encoding: chunked'), chunk])).toContain(
    '"code":"memory-full"',
  );
  await expect.poll(() => side.budget.bytes).toBe(1024 * 1024 - 4096);
});

test('connections beyond the limit are closed', async () => {
  const side = await startHttpSide({ CONNECTIONS_MAX: '1' });
  const first = sendRaw(side.port, [head('content-length: 9')], 0, 600);
  await expect.poll(() => side.reads.active).toBe(1);
  expect(await sendRaw(side.port, [`${head('content-length: 2')}{}`], 0, 500)).toBe('');
  await first;
  expect(await side.metrics()).toContain('penstock_receiver_dropped_connections_total{limit="total"} 1');
});

test('neither logs nor metrics nor problems hold what came from a client', async () => {
  const side = await startHttpSide({ TRUSTED_PROXY_HOPS: '1', BODY_BYTES_MAX: '1024' });
  const canaries = {
    'x-forwarded-for': '198.51.100.77',
    'user-agent': 'canary-agent',
    'x-partition-key': 'canary-key',
  };
  const answers: string[] = [];
  for (const outcome of ['written', 'unknown', 'refused', 'full'] as const) {
    side.outcome = outcome;
    answers.push(
      await (
        await post(side, '/v4/events?canary=query', '{"canary":"body"}', { ...json, ...canaries })
      ).text(),
    );
  }
  answers.push(await (await post(side, '/v4/canary', '{"canary":1}', { ...json, ...canaries })).text());
  answers.push(
    await (await post(side, '/v4/events', '"canary"'.repeat(200), { ...json, ...canaries })).text(),
  );
  answers.push(await sendRaw(side.port, ['POST /canary HTTP/1.1\r\ncanary\r\n\r\n']));
  const said = [side.logged(), await side.metrics(), ...answers].join('\n');
  expect(said).toContain('batch not confirmed');
  expect(said).not.toMatch(/canary|198\.51\.100\.77/);
});
