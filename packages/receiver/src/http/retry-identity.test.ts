import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { startHttpSide, type HttpSide } from '../../test/http-side.ts';

/** One try of a request. The address is that of the last proxy's entry. */
interface Try {
  path: string;
  method?: 'GET';
  type?: string;
  body?: string | Buffer;
  address?: string;
  headers?: Record<string, string>;
}

async function keyOf(side: HttpSide, one: Try): Promise<string> {
  const { path, method = 'POST', type, body, address = '198.51.100.7', headers = {} } = one;
  const response = await fetch(`${side.url}${path}`, {
    method,
    ...(body !== undefined && { body }),
    headers: {
      'user-agent': 'shop/1.2',
      'x-forwarded-for': address,
      ...(type !== undefined && { 'content-type': type }),
      ...headers,
    },
  });
  await response.arrayBuffer();
  expect(response.status).toBe(200);
  return Buffer.from(side.appended.at(-1)!.record.key!).toString('latin1');
}

const json = 'application/json';
const ndjson = 'application/x-ndjson';
const form = 'application/x-www-form-urlencoded';
const gzip = { 'content-encoding': 'gzip' };
const events = '[{"event_id":"1"},{"event_id":"2"}]';
const envelope = (sentAt: number) => `{"sent_at":${sentAt},"events":${events}}`;
/** The time stands in bytes 4 to 7 of a gzip stream. */
const gzipped = (text: string, second: number) => {
  const stream = gzipSync(text);
  stream.writeUInt32LE(second, 4);
  return stream;
};
const wifi = '203.0.113.50';

const once: [route: string, change: string, Try, Partial<Try>][] = [
  ['event', 'network', { path: '/v4/events', type: json, body: '{"event_id":"1"}' }, { address: wifi }],
  ['NDJSON', 'network', { path: '/v4/events', type: ndjson, body: '{"event_id":"1"}\n' }, { address: wifi }],
  ['array of events', 'network', { path: '/v4/events', type: json, body: ` ${events}` }, { address: wifi }],
  ['Avro', 'network', { path: '/v4/events', type: 'avro/binary', body: '\u00c3\u0001x' }, { address: wifi }],
  ['envelope', 'send time', { path: '/v4/events', type: json, body: envelope(1) }, { body: envelope(2) }],
  [
    'envelope',
    'its order of fields',
    { path: '/v4/events', type: json, body: envelope(1) },
    { body: '{"events":[]}' },
  ],
  [
    'gzip',
    'its time of making',
    { path: '/v4/events', type: ndjson, body: gzipped(events, 1), headers: gzip },
    { body: gzipped(events, 2) },
  ],
  [
    'envelope',
    'plain, then gzip',
    { path: '/v4/events', type: json, body: envelope(1) },
    { body: gzipped(envelope(2), 1), headers: gzip },
  ],
  ['batch', 'send time', { path: '/v3/batch', type: json, body: envelope(1) }, { body: envelope(2) }],
  [
    'batch',
    'no content type',
    { path: '/v3/batch', type: json, body: envelope(1) },
    { type: 'application/json;v=1' },
  ],
  [
    'beacon',
    'send time',
    { path: '/v4/beacon', type: 'text/plain', body: envelope(1) },
    { body: envelope(2) },
  ],
  ['track', 'network', { path: '/v2/track', type: json, body: '{"event":"a"}' }, { address: wifi }],
  ['collect', 'cache buster', { path: '/v1/collect', type: form, body: 'e=pv&z=1' }, { body: 'e=pv&z=2' }],
  [
    'pixel',
    'cache buster',
    { path: '/v1/collect?e=pv&z=1', method: 'GET' },
    { path: '/v1/collect?e=pv&z=2' },
  ],
  [
    'batch',
    'address within its IPv6 network',
    { path: '/v3/batch', type: json, body: envelope(1), address: '2001:db8:1:2::a' },
    { address: '2001:db8:1:2:9::b' },
  ],
  [
    'batch',
    'spelling of the address',
    { path: '/v3/batch', type: json, body: envelope(1), address: '::ffff:198.51.100.7' },
    { address: '"198.51.100.7:8443"' },
  ],
];

test.each(once)('%s: two tries that differ in %s meet in one partition', async (_, __, first, change) => {
  const side = await startHttpSide({ TRUSTED_PROXY_HOPS: '1' });
  const key = await keyOf(side, first);
  expect(await keyOf(side, { ...first, ...change })).toBe(key);
  expect(key).not.toContain(first.address ?? '198.51.100.7');
});

const split = '[{"event_id":"2"}]';
const withKey: [route: string, change: string, Try, Partial<Try>][] = [
  ['array of events', 'split anew', { path: '/v4/events', type: json, body: events }, { body: split }],
  [
    'NDJSON',
    'plain, then gzip',
    { path: '/v4/events', type: ndjson, body: events },
    { body: gzipped(events, 1), headers: gzip },
  ],
  ['batch', 'network', { path: '/v3/batch', type: json, body: envelope(1) }, { address: wifi }],
  ['envelope', 'network', { path: '/v4/events', type: json, body: envelope(1) }, { address: wifi }],
  [
    'track',
    'plain, then gzip',
    { path: '/v2/track', type: json, body: '{"event":"a"}' },
    { body: gzipSync('{"event":"a"}'), headers: gzip },
  ],
  ['beacon', 'network', { path: '/v4/beacon', type: 'text/plain', body: envelope(1) }, { address: wifi }],
  ['collect', 'network', { path: '/v1/collect', type: form, body: 'e=pv' }, { address: wifi }],
  ['pixel', 'network', { path: '/v1/collect?e=pv', method: 'GET' }, { address: wifi }],
  [
    'pixel',
    'user agent',
    { path: '/v1/collect?e=pv', method: 'GET' },
    { headers: { 'user-agent': 'shop/1.3' } },
  ],
];

test.each(withKey)(
  '%s: %s needs a key of the client, in a header or in the URL',
  async (_, __, first, change) => {
    const side = await startHttpSide({ TRUSTED_PROXY_HOPS: '1' });
    const second = { ...first, ...change };
    expect(await keyOf(side, first)).not.toBe(await keyOf(side, second));
    for (const name of ['x-partition-key', 'idempotency-key']) {
      const headed = (one: Try) => ({ ...one, headers: { ...one.headers, [name]: 'device-7' } });
      expect(await keyOf(side, headed(first))).toBe('default:device-7');
      expect(await keyOf(side, headed(second))).toBe('default:device-7');
    }
    const addressed = (one: Try) => ({
      ...one,
      path: `${one.path}${one.path.includes('?') ? '&' : '?'}partition_key=device-7`,
    });
    expect(await keyOf(side, addressed(first))).toBe('default:device-7');
    expect(await keyOf(side, addressed(second))).toBe('default:device-7');
  },
);

test('a key in the URL of a pixel is no part of its event', async () => {
  const side = await startHttpSide();
  await keyOf(side, { path: '/v1/collect?e=pv&partition_key=d%207&z=1', method: 'GET' });
  expect(String(side.appended[0]!.record.value)).toBe('e=pv&z=1');
  expect(String(side.appended[0]!.record.key)).toBe('default:d 7');
});

test('people behind one address are told apart by their user agents', async () => {
  const side = await startHttpSide();
  const pixel = (agent: string) =>
    keyOf(side, { path: '/v1/collect?e=pv', method: 'GET', headers: { 'user-agent': agent } });
  expect(await pixel('Mail/1')).not.toBe(await pixel('Mail/2'));
});
