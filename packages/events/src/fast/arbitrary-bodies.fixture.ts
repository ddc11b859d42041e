import fc from 'fast-check';
import type { FormatHint } from '../model/raw-headers.ts';

/** The body of a request, as text or not, and what its Receiver says about it. */
export interface ArbitraryBody {
  readonly body: string;
  readonly hint: FormatHint | null;
  readonly contentType: string;
}

type Json = fc.Arbitrary<string>;

/** Healthy in 29 of 30 cases: an event has many fields, and one odd one is enough. */
function mostly(healthy: Json, odd: Json): Json {
  return fc.oneof({ weight: 29, arbitrary: healthy }, { weight: 1, arbitrary: odd });
}

function either(...texts: string[]): Json {
  return fc.constantFrom(...texts);
}

const oddText = either(
  ...[
    '"\\ud83d"',
    '"\\u0000"',
    '" x "',
    '"\u00a0x"',
    '"x\ufeff"',
    '"\u0001"',
    '"\\x"',
    '"\\u12"',
    '"x',
    '"\\',
  ],
  ...[
    '"\\udc00\\ud800"',
    '"\\ud83d\\u0041"',
    '"\\ud83d\\ud83d"',
    '"\u2028x"',
    '"x\\u2003"',
    '"\u007f"',
    '"\t"',
  ],
  ...[`"${'y'.repeat(257)}"`, `"${'ä'.repeat(200)}"`, `"${'y'.repeat(66_000)}"`],
);
const plainText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => JSON.stringify(text)),
  either(
    ...[
      '"a\\/b"',
      '"\\u00e9"',
      '"\\ud83d\\ude00"',
      '"\\u0041\\n\\t\\"\\\\\\b\\f\\r"',
      '"\\uFFFD\\ufeff"',
      '""',
    ],
    ...[`"${'ä'.repeat(40)}"`, `"${'y'.repeat(63)}"`, `"${'y'.repeat(64)}"`, `"${'y'.repeat(8_191)}"`],
    ...[`"${'y'.repeat(8_192)}"`, '"\u{1f600}"', '"\\u07ff\\u0800\\ud7ff\\ue000\\uffff"', '"\\ud800\\udc00"'],
  ),
);
const oddNumber = either(
  ...[
    '00',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e3',
    '1E400',
    'NaN',
    '-Infinity',
    '0x10',
    '1_000',
    '- 1',
    '1.e1',
    '-01',
  ],
);
const plainNumber = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((value) => value.toFixed(6)),
  either(
    ...['0', '-0', '-0.0', '0.1', '1.10', '0.30000000000000004', '52.520006599999999', '-179.99999999999997'],
    ...[
      '9007199254740993',
      '123456789012345',
      '1234567890123456',
      '12345678901234567890',
      '0.000000000000001',
    ],
    ...['100000000000000.5', '0.1000000000000000055511151231257827', '9007199254740992.0', '4.35', '1.005'],
  ),
);
const nested = either('{}', '[]', '{"a":1}', '[1,[2]]', '{"a":{"a":1,"a":2}}');
const broken = either('nul', 'truE', 'nulll', 'falsee', '', '"a" "b"', '1 2', '{', ']', '//', "'a'");
const scalar = fc.oneof(plainText, plainNumber, either('null', 'true', 'false'));
const anything = fc.oneof(scalar, oddText, oddNumber, nested, broken);

const plainName = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }).filter((name) => !/^[0-9_]/.test(name)),
  either(
    'page',
    'count',
    'title',
    'duration_ms',
    'is_logged_in',
    'toString',
    'constructor',
    'Aa',
    'BB',
    'AaBB',
    'BBAa',
  ),
);
const oddName = either('1', '10', '01', '0x', '-1', '', '__proto__', '_a', 'x'.repeat(300));

function members(entries: readonly (readonly [string, string])[], gap: string): string {
  const texts = entries.map(([key, value]) => `${gap}${JSON.stringify(key)}${gap}:${gap}${value}${gap}`);
  return `{${texts.join(',')}}`;
}

const space = either('', '', '', '', ' ', '\n', '\t ', '\r\n');
const properties = fc
  .tuple(fc.array(fc.tuple(mostly(plainName, oddName), mostly(scalar, anything)), { maxLength: 8 }), space)
  .map(([entries, gap]) => members(entries, gap));

const uuid = mostly(
  fc.tuple(fc.uuid(), fc.boolean()).map(([id, upper]) => JSON.stringify(upper ? id.toUpperCase() : id)),
  either(
    ...['"00000000-0000-0000-0000-000000000000"', '"x"', '""', 'null', `"${'a'.repeat(36)}"`],
    ...['"0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a0g"', '"0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01 "'],
  ),
);
const time = mostly(
  fc.oneof(
    fc
      .date({ min: new Date('1969-01-01'), max: new Date('2101-01-01'), noInvalidDate: true })
      .map((date) => JSON.stringify(date)),
    fc.integer({ min: -100_000, max: 100_000 }).map((ms) => JSON.stringify(new Date(1_795_435_200_000 + ms))),
    either(
      '"2026-11-23T11:59:59Z"',
      '"2024-02-29T00:00:00Z"',
      '"1795435198000"',
      '"2026-11-23 11:59:59.5+01:00"',
    ),
  ),
  either(
    ...[
      '"2026-11-23T11:59:60Z"',
      '"2023-02-29T00:00:00.000Z"',
      '"2026-13-01T00:00:00Z"',
      '"soon"',
      '""',
      'null',
    ],
    ...[
      '"2026-11-23T11:59:59.123456Z"',
      '1795435198000',
      '1795435198000.5',
      '-1',
      '"-1"',
      '1e12',
      '0',
      '"0"',
      '" "',
    ],
    ...[
      '"२०२६-११-२३T१०:००:००Z"',
      '"2026-1a-23T11:59:59Z"',
      '"2026-11-23T11:59:5:Z"',
      '9999999999999999',
      '007',
    ],
    ...['"0000-01-01T00:00:00Z"', '"9999-12-28T23:59:59.999Z"', '"2000-02-28T24:00:00Z"', '999999999999999'],
  ),
);
const name = mostly(either('"penstock-web"', '"other"', '"penstock-ios"', 'null', '""'), anything);
const version = mostly(either('"2.6.0"', '"3.4.0"', '"4.1.0"', '"1.0.0"', '"x"', 'null'), anything);
const text = mostly(
  either('"u-1"', '"x"', '"4.1.0"', '"web"', '"a ü b"', 'null', '""'),
  fc.oneof(anything, either('"ü-7"')),
);
const type = mostly(either('"page_view"', '"a b"'), fc.oneof(anything, either(`"${'t'.repeat(129)}"`)));
const side = mostly(
  either('1920', '1080', '1080.0', '1'),
  fc.oneof(anything, either('0', '-5', '100001', '1.5')),
);
const degree = mostly(
  fc.oneof(
    either('52.52', '-13.4', '0', '-0', '52.520006599999999'),
    fc.integer({ min: -90, max: 90 }).map(String),
  ),
  fc.oneof(anything, either('90.00001', '180.5', '-181', '1e1')),
);

type Shape = Readonly<Record<string, Json>>;

/** Mostly what the format says, in any order, with some fields missing, doubled or unknown. */
function object(shape: Shape): Json {
  const fields = Object.entries(shape).map(([key, value]) =>
    fc.tuple(fc.constant(key), value, fc.integer({ min: 0, max: 30 })),
  );
  const odd = fc.tuple(either('surprise', 'x', ...Object.keys(shape)), anything);
  return fc
    .tuple(fc.tuple(...fields), fc.integer({ min: 0, max: 50 }), odd, space, fc.integer({ min: 0, max: 3 }))
    .map(([all, oddness, strange, gap, order]) => {
      const kept = all.filter(([, , chance]) => chance !== 0).map(([key, value]) => [key, value] as const);
      if (oddness === 0) kept.push(strange);
      return members(order === 0 ? kept.toReversed() : kept, gap);
    });
}

const client = object({ name, version, platform: text, os: text, os_version: text, locale: text });
const screen = mostly(object({ width: side, height: side }), anything);
const people: Shape = {
  ...{ client: mostly(client, anything), user_id: text, device_id: text, session_id: text, screen },
  ...{ properties: mostly(properties, anything), sent_at: time },
  location: mostly(object({ lat: degree, lon: degree, source: text }), anything),
};

/** As format 1 writes everything: as text. */
function quoted(value: Json): Json {
  return value.map((json) => (json.startsWith('"') || json === 'null' ? json : JSON.stringify(json)));
}

const events: Readonly<Record<FormatHint & ('1' | '2' | '3' | '4'), Json>> = {
  1: object({
    ...{
      e: type,
      eid: uuid,
      dtm: quoted(time),
      cn: name,
      cv: version,
      p: text,
      os: text,
      osv: text,
      lang: text,
    },
    ...{ uid: text, did: text, sid: text, z: text, lat: quoted(degree), lon: quoted(degree) },
    res: mostly(
      either('"1920x1080"', '"1x99999"'),
      either('"0x1"', '"NaNxNaN"', '"1x1x1"', '"x"', '"1x"', '""'),
    ),
    ...{ p_page: mostly(plainText, anything), p_count: quoted(plainNumber), p_: plainText },
    ...{ p_x: mostly(either('""', 'null'), anything), 'p_duration ms': text },
  }),
  2: object({
    ...{ id: uuid, event: type, timestamp: time, properties: mostly(properties, anything) },
    context: mostly(
      object({
        app: mostly(object({ name, version }), anything),
        device: object({ id: text, platform: text, os: text, os_version: text, screen }),
        ...{ user: object({ id: text }), session: mostly(object({ id: text }), anything), locale: text },
        location: mostly(object({ latitude: degree, longitude: degree }), anything),
      }),
      anything,
    ),
  }),
  3: object({ message_id: uuid, type, time, ...people }),
  4: object({ event_id: uuid, event_type: type, occurred_at: time, ...people }),
};

const envelopes: Readonly<Record<string, string>> = { 3: 'batch', 4: 'events' };
const shared = mostly(object({ sent_at: time, client: mostly(client, anything) }), either('{}'));

/** Events of each format, alone and together, most of them healthy and written with the freedoms of JSON. */
export const arbitraryBodies: fc.Arbitrary<ArbitraryBody> = fc
  .constantFrom('1', '2', '3', '4')
  .chain((format) =>
    fc
      .tuple(
        fc.array(events[format], { minLength: 1, maxLength: 3 }),
        either('one', 'array', 'lines', 'envelope', 'envelope'),
        ...([shared, space] as const),
        fc.constantFrom<FormatHint | null>(format, format, format, format, null),
      )
      .map(([of, form, around, gap, hint]) => {
        if (form === 'one') return { body: `${gap}${of[0]}${gap}`, hint, contentType: 'application/json' };
        if (form === 'lines') return { body: of.join('\r\n'), hint, contentType: 'application/x-ndjson' };
        const key = envelopes[format];
        const array = `[${gap}${of.join(`${gap},${gap}`)}]`;
        const inside = around === '{}' ? '' : `${around.slice(1, -1)},`;
        const body = form === 'array' || key === undefined ? array : `{${inside}"${key}":${array}}`;
        return { body, hint, contentType: 'application/json' };
      }),
  );
