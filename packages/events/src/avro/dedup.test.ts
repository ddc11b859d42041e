import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { encodeEvent } from './encode-event.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { contentHash } from './content-hash.ts';
import { dedupKey } from './dedup.ts';
import { deriveEventId, formatUuid, parseUuid } from '../model/event-id.ts';
import type { Event } from '../model/event.ts';
import { createPipeline } from '../pipeline/pipeline.ts';
import type { RequestContext } from '../model/request.ts';
import { seededRandom } from '../samples/random.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';

const id = '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01';
const pipeline = createPipeline(builtInCatalogue);

function clean(event: object, context: Partial<RequestContext> = {}): Event {
  const split = pipeline.split(Buffer.from(JSON.stringify(event)), '4', 'application/json');
  if (split.kind === 'rejected') throw new Error(split.detail);
  const outcome = pipeline.process(split.items[0]!, { ...requestContext, ...context });
  if (outcome.kind !== 'clean') throw new Error(outcome.detail);
  return outcome.event;
}

test('a key is 16 bytes, the same for the same tenant and id, and another for another tenant', () => {
  const bytes = parseUuid(id)!;
  expect(dedupKey('a', bytes)).toHaveLength(16);
  expect(dedupKey('a', bytes)).toEqual(dedupKey('a', Buffer.from(bytes)));
  expect(dedupKey('a', bytes)).not.toEqual(dedupKey('b', bytes));
  expect(dedupKey('a', bytes)).not.toEqual(dedupKey('a', parseUuid(id.replace('01', '02'))!));
});

test('a key is the SHA-1 that stored keys are, however long the tenant is, in any alphabet', () => {
  const random = seededRandom(5);
  for (let length = 0; length < 60; length++) {
    const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random() * 256)));
    for (const tenant of ['t'.repeat(length), `ü${'t'.repeat(length)}`]) {
      const sha1 = createHash('sha1')
        .update(`${bytes.toString('latin1')}${tenant}`)
        .digest();
      expect(dedupKey(tenant, bytes)).toEqual(sha1.subarray(0, 16));
    }
  }
});

test('a content hash stays what it is, and one changed byte changes both of its halves', () => {
  const bytes = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 7) % 251));
  const hashes = [10, 11, 26, 27, 100, 1_000].map((end) => contentHash(bytes, end).toString('hex'));
  expect(hashes).toMatchInlineSnapshot(`
    [
      "479077c4064035cb",
      "cfe340821bae5f27",
      "8a91ee9054e51ca1",
      "db34ef4d11154e38",
      "42bf070308758a57",
      "d96e26d0081e69cb",
    ]
  `);
  const hash = contentHash(bytes, 900);
  for (let at = 10; at < 900; at++) {
    bytes[at]! ^= 1 << (at & 7);
    const changed = contentHash(bytes, 900);
    bytes[at]! ^= 1 << (at & 7);
    expect(changed.readInt32LE(0)).not.toBe(hash.readInt32LE(0));
    expect(changed.readInt32LE(4)).not.toBe(hash.readInt32LE(4));
  }
});

test('a retry has the same content hash, whenever it is sent and wherever it comes in', () => {
  const event = { event_id: id, event_type: 'a', occurred_at: '2026-11-23T11:00:00Z', properties: { x: 1 } };
  const first = encodeEvent(clean({ ...event, sent_at: '2026-11-23T11:00:01Z' }));
  const retry = encodeEvent({
    ...clean(
      { ...event, sent_at: '2026-11-23T11:09:01Z' },
      { offset: 99, receiver: 'other', receivedAtMs: 1.8e12 },
    ),
    net: { ip: '192.0.2.0', user_agent: 'x' },
    fixes: ['x'],
  });
  expect(contentHash(first)).toHaveLength(8);
  expect(contentHash(retry)).toEqual(contentHash(first));
});

test('the same id with other content has another content hash', () => {
  const hashes = [{ x: 1 }, { x: 2 }, { y: 1 }].map((properties) =>
    contentHash(encodeEvent(clean({ event_id: id, event_type: 'a', properties }))).toString('hex'),
  );
  expect(new Set(hashes).size).toBe(3);
});

test('an event without an id gets the same one each time it comes, and another when anything differs', () => {
  const event = { event_type: 'a', device_id: 'd', occurred_at: 1.7e12, properties: { x: 1 } };
  const idOf = (changed: object, context?: Partial<RequestContext>): string =>
    formatUuid(clean({ ...event, ...changed }, context).event_id);
  expect(idOf({})).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(idOf({ sent_at: 1.71e12 }, { offset: 100, receivedAtMs: 1.72e12 })).toBe(idOf({}));
  const others = [
    idOf({}, { tenant: 'other' }),
    ...[{ device_id: 'e' }, { event_type: 'b' }, { occurred_at: 1.7e12 + 1 }, { properties: { x: 2 } }].map(
      (o) => idOf(o),
    ),
  ];
  expect(new Set([idOf({}), ...others]).size).toBe(6);
});

test('people without id, device and session are told apart by address and browser', () => {
  const idOf = (event: object, context: Partial<RequestContext>): string =>
    formatUuid(clean({ event_type: 'a', ...event }, context).event_id);
  const people = [
    { clientAddress: '203.0.113.7', userAgent: 'one' },
    { clientAddress: '203.0.113.8', userAgent: 'one' },
    { clientAddress: '203.0.113.7', userAgent: 'two' },
    { clientAddress: null, userAgent: null },
  ];
  expect(new Set(people.map((person) => idOf({}, person))).size).toBe(4);
  expect(idOf({}, people[0]!)).toBe(idOf({}, { ...people[0]!, offset: 77, requestId: 'other' }));
  // A device that changes its network between two tries is still one device.
  expect(new Set(people.map((person) => idOf({ device_id: 'd' }, person))).size).toBe(1);
});

test('UUIDs are read in either case and nothing else is', () => {
  expect(formatUuid(parseUuid(id)!)).toBe(id);
  expect(parseUuid(id.toUpperCase())).toEqual(parseUuid(id));
  for (const text of [
    '',
    id.slice(1),
    `${id}0`,
    id.replaceAll('-', '_'),
    id.replace('0', 'g'),
    `{${id.slice(2)}}`,
  ]) {
    expect(parseUuid(text)).toBeNull();
  }
  expect(formatUuid(deriveEventId(['a']))).not.toBe(formatUuid(deriveEventId(['b'])));
});
