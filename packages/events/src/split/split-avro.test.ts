import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { writeAvroEvent } from '../formats/format-4/read-avro.ts';
import { formatUuid, parseUuid } from '../model/event-id.ts';
import { createPipeline, type Outcome } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';

const pipeline = createPipeline(builtInCatalogue);
const client = { name: null, version: null, platform: null, os: null, os_version: null, locale: null };
const idOf = (n: number): string => `0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a0${n}`;
/** Where the long of occurred_at is: after header, id, the type "a", and the branch of the union. */
const timeAt = 10 + 16 + 2 + 1;

function recordOf(n: number, changed: object = {}): Buffer {
  return writeAvroEvent({
    ...{ event_id: parseUuid(idOf(n)), event_type: 'a', occurred_at: 0, sent_at: null, client },
    ...{ user_id: null, device_id: null, session_id: null, screen: null, location: null },
    ...{ properties: {}, ...changed },
  });
}

function outcomesOf(...records: Uint8Array[]): Outcome[] {
  const split = pipeline.split(Buffer.concat(records), '4', 'avro/binary');
  if (split.kind === 'rejected') throw new Error(split.reason);
  return split.items.map((item) => pipeline.process(item, requestContext));
}

function said(outcome: Outcome): string {
  return outcome.kind === 'clean' ? formatUuid(outcome.event.event_id) : outcome.reason;
}

function withTime(record: Buffer, long: number[]): Buffer {
  return Buffer.concat([record.subarray(0, timeAt), Buffer.from(long), record.subarray(timeAt + 1)]);
}

/** The last byte of `recordOf(n)` ends the empty map. */
function withMap(n: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([recordOf(n).subarray(0, -1), bytes]);
}

test.each([
  ['the least long', [...Array<number>(9).fill(0xff), 0x01], '-9223372036854775808'],
  ['the greatest long', [0xfe, ...Array<number>(8).fill(0xff), 0x01], '9223372036854775807'],
  ['the first long beyond 2^53', [0x82, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], '9007199254740993'],
])(
  '%s as a time costs no event: it is kept as text, and the time of receipt stands in',
  (_t, long, digits) => {
    const outcomes = outcomesOf(recordOf(1), withTime(recordOf(2), long), recordOf(3));
    expect(outcomes.map(said)).toEqual([idOf(1), idOf(2), idOf(3)]);
    expect(outcomes[1]).toMatchObject({ event: { occurred_at_raw: digits, time_quality: 'server' } });
  },
);

test('a long keeps its sign as long as a double holds it', () => {
  const long = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  expect(outcomesOf(withTime(recordOf(1), long))[0]).toMatchObject({
    event: { occurred_at_raw: '-4503599627370496' },
  });
});

const key = (text: string, value: number[]): Buffer =>
  Buffer.concat([Buffer.of(2 * Buffer.byteLength(text)), Buffer.from(text), Buffer.from(value)]);
const yes = [2, 1];
const no = [2, 0];

test.each<[string, Buffer, string]>([
  [
    'the same key twice',
    Buffer.concat([Buffer.of(4), key('k', yes), key('k', no), Buffer.of(0)]),
    'duplicate-key',
  ],
  [
    'the same key twice, in two blocks',
    Buffer.concat([Buffer.of(2), key('k', yes), Buffer.of(2), key('k', no), Buffer.of(0)]),
    'duplicate-key',
  ],
  ['the key __proto__', Buffer.concat([Buffer.of(2), key('__proto__', yes), Buffer.of(0)]), 'invalid-field'],
  ['a boolean of 2', Buffer.concat([Buffer.of(2), key('k', [2, 2]), Buffer.of(0)]), 'invalid-avro'],
])('%s rejects its record and no other', (_title, map, reason) => {
  expect(outcomesOf(recordOf(1), withMap(2, map), recordOf(3)).map(said)).toEqual([idOf(1), reason, idOf(3)]);
});

test('a record with too many keys, with one that is too long, or too large, is rejected alone', () => {
  const keys = Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`k${i}`, true]));
  const large = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`k${i}`, 'x'.repeat(60_000)]));
  const outcomes = outcomesOf(
    recordOf(1, { properties: keys }),
    recordOf(2, { properties: { k: 'x'.repeat(65_537) } }),
    recordOf(3, { properties: large }),
    recordOf(4),
  );
  expect(outcomes.map(said)).toEqual(['too-many-keys', 'string-too-long', 'event-too-large', idOf(4)]);
});

test('what follows a record of unknown length is one more outcome', () => {
  expect(outcomesOf(recordOf(1), recordOf(2), Buffer.from('junk')).map(said)).toEqual([
    ...[idOf(1), idOf(2), 'unknown-avro-schema'],
  ]);
  expect(outcomesOf(recordOf(1), recordOf(2).subarray(0, 30), recordOf(3)).map(said).slice(0, 1)).toEqual([
    idOf(1),
  ]);
  const claims = Buffer.from([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x04]);
  expect(outcomesOf(recordOf(1), withMap(2, claims), recordOf(3)).map(said)).toEqual([
    idOf(1),
    'invalid-avro',
  ]);
});

test('text that is not UTF-8 is repaired, and the event says so', () => {
  const broken = recordOf(1, { user_id: 'café', properties: { é: 'x', ü: 'y', plain: 'z\uFFFD' } });
  for (let at = 0; at < broken.length - 1; at++) {
    if (broken[at] === 0xc3 && at > 10) broken[at + 1] = 0x20;
  }
  const [outcome, healthy] = outcomesOf(broken, recordOf(2, { properties: { plain: 'z\uFFFD' } }));
  expect(outcome).toMatchObject({ event: { user_id: 'caf\uFFFD', fixes: ['normalise-text'] } });
  const properties = (outcome as Extract<Outcome, { kind: 'clean' }>).event.properties;
  expect(new Set(Object.values(properties))).toEqual(new Set(['x', 'y', 'z\uFFFD']));
  expect(healthy).toMatchObject({ event: { fixes: [], properties: { plain: 'z\uFFFD' } } });
});

test('NaN, the infinities and -0 are kept, and no mark says that anything was changed', () => {
  const properties = { nan: NaN, up: Infinity, down: -Infinity, zero: -0 };
  const [outcome] = outcomesOf(recordOf(1, { properties }));
  expect(outcome).toMatchObject({ kind: 'clean', event: { properties, fixes: [] } });
});

test('every single byte of a record changed to every other is read or refused', () => {
  const record = recordOf(1, { properties: { a: 'b', c: 1.5 } });
  const kinds = new Set<string>();
  for (let at = 0; at < record.length; at++) {
    for (let byte = 0; byte < 256; byte += 3) {
      const damaged = Buffer.from(record);
      damaged[at] = byte;
      const split = pipeline.split(damaged, '4', 'avro/binary');
      kinds.add(split.kind);
      if (split.kind === 'events') for (const item of split.items) pipeline.process(item, requestContext);
    }
  }
  expect(kinds).toEqual(new Set(['events', 'rejected']));
});
