import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { startHttpSide, type HttpSide } from '../../test/http-side.ts';
import { addKey, newKey } from './key-file.ts';

async function startGuarded(env: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'keys');
  const shop = newKey('shop', '');
  const press = newKey('press', '');
  for (const { stored } of [shop, press]) await addKey(file, stored);
  return { side: await startHttpSide({ KEYS_FILE: file, ...env }), shop, press };
}

const json = { 'content-type': 'application/json' };
const bearer = (key: string) => ({ ...json, authorization: `Bearer ${key}` });

async function post(side: HttpSide, path: string, headers: Record<string, string>, body = '[1]') {
  const response = await fetch(`${side.url}${path}`, { method: 'POST', body, headers });
  const { code } = (await response.json()) as { code?: string };
  return { status: response.status, code, challenge: response.headers.get('www-authenticate') };
}

const headersAt = (side: HttpSide, at: number) =>
  Object.fromEntries(side.appended.at(at)!.record.headers!.map(([name, value]) => [name, String(value)]));

test('the key says the tenant, and its id goes with the record', async () => {
  const { side, shop, press } = await startGuarded();
  expect(await post(side, '/v4/events', { ...bearer(shop.key), 'x-partition-key': 'd' })).toMatchObject({
    status: 200,
  });
  expect(await post(side, '/v4/events', { ...bearer(press.key), 'x-partition-key': 'd' })).toMatchObject({
    status: 200,
  });
  expect(headersAt(side, 0)).toMatchObject({ tenant: 'shop', 'key-id': shop.stored.id });
  expect(headersAt(side, 1)).toMatchObject({ tenant: 'press', 'key-id': press.stored.id });
  expect(side.appended.map(({ record }) => String(record.key))).toEqual(['shop:d', 'press:d']);
});

test('without a key 401, with a wrong one 403, and nothing is stored', async () => {
  const { side, shop } = await startGuarded();
  expect(await post(side, '/v4/events', json)).toEqual({
    status: 401,
    code: 'key-missing',
    challenge: 'Bearer',
  });
  for (const wrong of [`Bearer ${shop.key}x`, `bearer ${shop.stored.sha256}`]) {
    const answer = await post(side, '/v4/events', { ...json, authorization: wrong });
    expect(answer).toMatchObject({ status: 403, code: 'key-unknown' });
  }
  const basic = { ...json, authorization: `Basic ${shop.key}` };
  expect(await post(side, '/v4/events', basic)).toMatchObject({ status: 401 });
  expect(side.appended).toEqual([]);
});

test('beacons and pixels give their key in the URL; other routes do not take it from there', async () => {
  const { side, shop } = await startGuarded();
  expect((await fetch(`${side.url}/v1/collect?e=pv&api_key=${shop.key}&z=1`)).status).toBe(200);
  expect(String(side.appended[0]!.record.value)).toBe('e=pv&z=1');
  expect(await post(side, `/v4/beacon?api_key=${shop.key}`, { 'content-type': 'text/plain' })).toMatchObject({
    status: 200,
  });
  expect(await post(side, `/v4/events?api_key=${shop.key}`, json)).toMatchObject({ status: 401 });
});

test('the key is in no record, log, metric or problem', async () => {
  const { side, shop } = await startGuarded({ BODY_BYTES_MAX: '1024' });
  const answers: string[] = [];
  for (const outcome of ['written', 'unknown', 'refused', 'full'] as const) {
    side.outcome = outcome;
    answers.push(await (await fetch(`${side.url}/v1/collect?e=pv&api_key=${shop.key}`)).text());
    const init = {
      method: 'POST',
      body: 'x'.repeat(outcome === 'full' ? 2_000 : 9),
      headers: bearer(shop.key),
    };
    answers.push(await (await fetch(`${side.url}/v4/events`, init)).text());
  }
  const records = side.appended.map(({ record }) =>
    [record.key, record.value, ...record.headers!.flat()].join('\n'),
  );
  const said = [side.logged(), await side.metrics(), ...answers, ...records].join('\n');
  expect(said).toContain('batch not confirmed');
  expect(said).not.toContain(shop.key.slice(3));
  expect(said).not.toContain(shop.stored.sha256);
});

test('a sender beyond its quota is 429 with Retry-After, and others are not', async () => {
  const { side, shop, press } = await startGuarded({ KEY_REQUESTS_PER_SECOND: '1' });
  const statuses = [];
  for (let n = 0; n < 8; n += 1) statuses.push((await post(side, '/v4/events', bearer(shop.key))).status);
  expect(statuses.slice(0, 2)).toEqual([200, 200]);
  expect(statuses).toContain(429);
  const response = await fetch(`${side.url}/v4/events`, {
    method: 'POST',
    body: '[]',
    headers: bearer(press.key),
  });
  expect(response.status).toBe(200);
  const refused = await fetch(`${side.url}/v4/events`, {
    method: 'POST',
    body: '[]',
    headers: bearer(shop.key),
  });
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  expect(await refused.json()).toMatchObject({ code: 'quota-exceeded', retryable: true });
});

test('bytes of an address have a quota, counted behind the trusted proxy', async () => {
  const side = await startHttpSide({ ADDRESS_BYTES_PER_SECOND: '1KiB', TRUSTED_PROXY_HOPS: '1' });
  const from = (address: string) => ({ ...json, 'x-forwarded-for': address });
  const large = `[${'1,'.repeat(20_000)}1]`;
  expect(await post(side, '/v4/events', from('2001:db8:1:2::1'), large)).toMatchObject({ status: 200 });
  expect(await post(side, '/v4/events', from('2001:db8:1:2::2'))).toMatchObject({ code: 'quota-exceeded' });
  expect(await post(side, '/v4/events', from('2001:db8:1:3::2'))).toMatchObject({ status: 200 });
});

test.each<[string, Record<string, string>]>([
  ['with their length', { 'content-length': '20000' }],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
])('bodies %s that are on their way at the same time are one debt, not many', async (_, headers) => {
  const side = await startHttpSide({ ADDRESS_BYTES_PER_SECOND: '1KiB' });
  const requests = Array.from({ length: 10 }, () =>
    request(`${side.url}/v4/events`, { method: 'POST', headers: { ...json, ...headers } }),
  );
  const answers = requests.map((each) => once(each, 'response') as Promise<[IncomingMessage]>);
  for (const each of requests) each.flushHeaders();
  await expect.poll(() => side.metrics()).toContain('discarded_requests_total{reason="quota-exceeded"} 9');
  for (const each of requests) each.on('error', () => {}).end('x'.repeat(20_000));
  const statuses = (await Promise.all(answers)).map(([answer]) => answer.resume().statusCode);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
});

test('a body in chunks is charged what has come, also when its client goes', async () => {
  const side = await startHttpSide({ ADDRESS_BYTES_PER_SECOND: '1KiB' });
  const post20 = async () => {
    const body = new Blob(['x'.repeat(20)]).stream();
    const answer = await fetch(`${side.url}/v4/events`, {
      ...{ method: 'POST', headers: json, body, duplex: 'half' },
    });
    return answer.status;
  };
  const gone = request(`${side.url}/v4/events`, { method: 'POST', headers: json });
  gone.on('error', () => {}).write('x');
  await expect.poll(() => side.metrics()).toContain('received_requests_total{route="events"} 1');
  expect(await post20()).toBe(429);
  gone.destroy();
  await expect.poll(() => side.metrics()).toContain('discarded_requests_total{reason="truncated-body"} 1');
  for (let n = 0; n < 20; n++) expect(await post20()).toBe(200);
});
