import { expect, test } from 'vitest';
import { bodyKey, clientKey, givenKey, mayHoldSendTime, type KeyFacts } from './partition-key.ts';

const salt = 'a salt for the tests';
const facts: KeyFacts = {
  tenant: 'shop',
  partitionKey: undefined,
  idempotencyKey: undefined,
  clientNetwork: Uint8Array.of(198, 51, 100, 7),
  userAgent: 'shop/1.2',
};

test('a given key is kept, after its tenant; the partition key goes before the idempotency key', () => {
  expect(String(givenKey({ ...facts, partitionKey: 'device-7', idempotencyKey: 'try-1' }))).toBe(
    'shop:device-7',
  );
  expect(String(givenKey({ ...facts, idempotencyKey: 'try-1' }))).toBe('shop:try-1');
  expect(givenKey(facts)).toBeUndefined();
});

test('a key that is too long is hashed, so that two tries still meet', () => {
  const keyOf = (partitionKey: string) => givenKey({ ...facts, partitionKey });
  const long = 'k'.repeat(252);
  expect(keyOf(long)).toHaveLength(16);
  expect(keyOf(long)).toEqual(keyOf(long));
  expect(keyOf(long)).not.toEqual(keyOf(`${long}x`));
  expect(keyOf('k'.repeat(251))).toHaveLength(256);
});

test('the key of a client tells tenants, networks, user agents and salts apart', () => {
  const key = clientKey(facts, salt);
  expect(key).toEqual(clientKey({ ...facts }, salt));
  const others = [
    clientKey({ ...facts, tenant: 'other' }, salt),
    clientKey({ ...facts, clientNetwork: Uint8Array.of(198, 51, 100, 8) }, salt),
    clientKey({ ...facts, userAgent: 'shop/1.3' }, salt),
    clientKey({ ...facts, userAgent: undefined }, salt),
    clientKey({ ...facts, clientNetwork: undefined }, salt),
    clientKey(facts, 'another salt'),
  ];
  expect(new Set([key, ...others].map((one) => one.toString('hex'))).size).toBe(7);
  expect(key).toHaveLength(16);
});

test('the key of a body is that of its first KiB', () => {
  const long = (end: string) => Buffer.concat([Buffer.alloc(1024, 'a'), Buffer.from(end)]);
  expect(bodyKey(long('1'))).toEqual(bodyKey(long('2')));
  expect(bodyKey(Buffer.from('{"id":1}'))).not.toEqual(bodyKey(Buffer.from('{"id":2}')));
});

test.each([
  ['{"events":[],"sent_at":1}', true],
  ['{"sent_at": 1, "event_id": "a"}', true],
  [' \n{ "events" : [ {} ] }', true],
  ['{"event_id":"a","event_type":"view"}', false],
  ['[{"sent_at":1}]', false],
  [' \r\n\t[{"events":1}]', false],
  ['\ufeff [1]', false],
  ['"sent_at"', true],
  ['', false],
])('%j may hold a send time: %s', (body, expected) => {
  expect(mayHoldSendTime(Buffer.from(body))).toBe(expected);
});
