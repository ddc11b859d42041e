import { expect, test } from 'vitest';
import { partitionKey, type KeyedRequest } from './partition-key.ts';

const salt = 'a salt for the tests';
const request: KeyedRequest = {
  tenant: 'shop',
  partitionKey: undefined,
  idempotencyKey: undefined,
  bodyChangesWithEachTry: false,
  clientAddress: '198.51.100.7',
  body: Buffer.from('{"id":1}'),
};
const keyOf = (changes: Partial<KeyedRequest>, withSalt = salt) =>
  partitionKey({ ...request, ...changes }, withSalt);

test('a given key is kept, behind its tenant; the partition key goes before the idempotency key', () => {
  expect(keyOf({ partitionKey: 'device-7', idempotencyKey: 'try-1' }).toString()).toBe('shop:device-7');
  expect(keyOf({ idempotencyKey: 'try-1' }).toString()).toBe('shop:try-1');
});

test('a key that is too long is hashed, so that two tries still meet', () => {
  const long = 'k'.repeat(252);
  expect(keyOf({ partitionKey: long })).toHaveLength(16);
  expect(keyOf({ partitionKey: long })).toEqual(keyOf({ partitionKey: long }));
  expect(keyOf({ partitionKey: long })).not.toEqual(keyOf({ partitionKey: `${long}x` }));
  expect(keyOf({ partitionKey: 'k'.repeat(251) })).toHaveLength(256);
});

test('without a key, two tries of the same bytes meet, wherever they come from', () => {
  expect(keyOf({})).toEqual(keyOf({ clientAddress: '203.0.113.1' }));
  expect(keyOf({})).not.toEqual(keyOf({ body: Buffer.from('{"id":2}') }));
});

test('only the first KiB of a body counts', () => {
  const long = (end: string) => Buffer.concat([Buffer.alloc(1024, 'a'), Buffer.from(end)]);
  expect(keyOf({ body: long('1') })).toEqual(keyOf({ body: long('2') }));
});

test('where each try has another body, the client address decides, and cannot be read from the key', () => {
  const changing = { bodyChangesWithEachTry: true };
  const key = keyOf(changing);
  expect(key).toEqual(keyOf({ ...changing, body: Buffer.from('another try') }));
  expect(key).not.toEqual(keyOf({ ...changing, clientAddress: '198.51.100.8' }));
  expect(key).not.toEqual(keyOf({ ...changing, tenant: 'other' }));
  expect(key).not.toEqual(keyOf(changing, 'another salt'));
  expect(key).toHaveLength(16);
  expect(key.toString('latin1')).not.toContain('198.51.100.7');
});

test('without an address either, the body decides', () => {
  expect(keyOf({ bodyChangesWithEachTry: true, clientAddress: undefined })).toEqual(keyOf({}));
});
