import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { bytesOfItem } from './item-bytes.ts';
import { defaultLimits } from '../catalogue/limits.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import type { SplitRequest } from '../model/request.ts';
import { createSplit, createSplitSteps } from './split-request.ts';

const split = createSplit(builtInCatalogue.formats, defaultLimits);
const id = '0190b3a6-7c1e-7a6e-9d6f-3d5b8c1f0a01';
const json = 'application/json';
const lines = 'application/x-ndjson';
const form = 'application/x-www-form-urlencoded';

type Case = readonly [
  title: string,
  body: string | Buffer,
  hint: FormatHint | null,
  type: string | null,
  said: string[],
];

const accepted: Case[] = [
  ['a single object', '{"event_type":"a"}', '4', json, ['4']],
  ['an array', '[{"event_type":"a"},{"event_type":"b"}]', '4', json, ['4', '4']],
  ['an envelope of format 4', '{"client":{},"events":[{"event_type":"a"}]}', '4', json, ['4']],
  ['an envelope of format 3', '{"sent_at":"x","batch":[{"type":"a"},{"type":"b"}]}', '3', json, ['3', '3']],
  [
    'lines with CRLF, blank ones and no last newline',
    '{"event_type":"a"}\r\n\r\n  \n{"event_type":"b"}',
    '4',
    lines,
    ['4', '4'],
  ],
  ['lines that nobody announced', '{"event_type":"a"}\n{"event_type":"b"}\n', '4', 'text/plain', ['4', '4']],
  ['a query', 'e=page_view&p_title=Gr%C3%B6%C3%9Fe+1', '1', 'application/x-www-form-urlencoded', ['1']],
  ['a query that nobody announced', 'e=page_view', '1', null, ['1']],
  ['a byte order mark', '\uFEFF{"event_type":"a"}', '4', json, ['4']],
  [
    'a byte order mark before each line',
    '\uFEFF{"event_type":"a"}\n\uFEFF{"event_type":"b"}\r\n\uFEFF\n',
    '4',
    lines,
    ['4', '4'],
  ],
  ['JSON sent as a form', '{"e":"a"}', '1', form, ['1']],
  ['an array sent as a form', ' [{"e":"a"},{"e":"b"}]', '1', form, ['1', '1']],
  ['a query that begins like JSON', '{x=1&e=a', '1', form, ['1']],
  ['a query with raw characters', 'e=Größe&p_東=京', '1', form, ['1']],
  [
    'a content type with parameters in capitals',
    '{"event_type":"a"}\n{x',
    '4',
    'Application/X-NDJSON; charset=utf-8',
    ['4', 'invalid-json'],
  ],
  ['format 1 by its shape', '{"e":"a"}', null, json, ['1']],
  ['format 2 by its shape', '{"event":"a"}', null, json, ['2']],
  ['format 3 by its shape', '{"batch":[{"type":"a"}]}', null, json, ['3']],
  ['format 4 by its shape', '{"events":[{"event_type":"a"}]}', null, json, ['4']],
  [
    'an array of several formats',
    '[{"e":"a"},{"event":"a"},{"type":"a"},{"event_type":"a"}]',
    null,
    json,
    ['1', '2', '3', '4'],
  ],
];

const refusedAlone: Case[] = [
  [
    'a line that is not JSON',
    `{"event_type":"a"}\n{oops\n{"event_type":"b"}`,
    '4',
    lines,
    ['4', 'invalid-json', '4'],
  ],
  [
    'a line that is not UTF-8',
    Buffer.from('{"event_type":"a"}\n{"event_type":"\xff"}', 'latin1'),
    '4',
    lines,
    ['4', 'invalid-utf8'],
  ],
  [
    'a line that is not an object',
    '{"event_type":"a"}\n[1]\n7\n"x"\nnull',
    '4',
    lines,
    ['4', ...Array<string>(4).fill('not-an-object')],
  ],
  ['a line with NaN', '{"event_type":NaN}\n{"event_type":"a"}', '4', lines, ['invalid-json', '4']],
  [
    'an element that is not an object',
    '[{"e":"a"},null,[1]]',
    '1',
    json,
    ['1', 'not-an-object', 'not-an-object'],
  ],
  [
    'a key twice in one line',
    '{"event_type":"a","event_type":"b"}\n{"event_type":"a"}',
    '4',
    lines,
    ['duplicate-key', '4'],
  ],
  [
    'a key twice, deep in one element',
    '[{"e":"a"},{"e":"a","x":[{"y":1,"y":1}]},{"e":"b:","t":":\\":"}]',
    '1',
    json,
    ['1', 'duplicate-key', '1'],
  ],
  ['an ambiguous element', '[{"e":"a","event":"b"},{"e":"a"}]', null, json, ['ambiguous-format', '1']],
  ['an unknown element', '[{"x":"a"},{"e":"a"}]', null, json, ['unknown-format', '1']],
  [
    'an element that is too deep',
    `[{"e":"a"},${'['.repeat(100)}${']'.repeat(100)}]`,
    '1',
    json,
    ['1', 'too-deep'],
  ],
  [
    'a line with too many keys',
    `{${Array.from({ length: 1001 }, (_, i) => `"k${i}":1`).join(',')}}\n{"event_type":"a"}`,
    '4',
    lines,
    ['too-many-keys', '4'],
  ],
  [
    'a string that is too long',
    `[{"e":"${'x'.repeat(65_537)}"},{"e":"a"}]`,
    '1',
    json,
    ['string-too-long', '1'],
  ],
  [
    'a line that is too long',
    `{"event_type":"a"}\n{"event_type":"${'x'.repeat(300_000)}"}`,
    '4',
    lines,
    ['4', 'event-too-large'],
  ],
  [
    'an event of many strings that is too large',
    `[{"e":[${Array<string>(5)
      .fill(`"${'x'.repeat(60_000)}"`)
      .join(',')}]},{"e":"a"}]`,
    '1',
    json,
    ['event-too-large', '1'],
  ],
  ['an element that is not JSON', '[{"e":"a"},{"e":NaN},{"e":"b"}]', '1', json, ['1', 'invalid-json', '1']],
  [
    'an element that is not UTF-8',
    Buffer.from('[{"e":"a"},{"e":"\xff"},{"e":"b"}]', 'latin1'),
    '1',
    json,
    ['1', 'invalid-utf8', '1'],
  ],
  [
    'a comma forgotten between two elements',
    '[{"e":"a"} {"e":"b"},{"e":"c"}]',
    '1',
    json,
    ['invalid-json', '1'],
  ],
  [
    'a number of too many digits',
    `[{"e":"a"},{"e":${'1'.repeat(1_001)}}]`,
    '1',
    json,
    ['1', 'number-too-long'],
  ],
  ['a key named __proto__', '[{"e":"a","__proto__":{"x":1}},{"e":"a"}]', '1', json, ['invalid-field', '1']],
];

const refusedWhole: Case[] = [
  ['an empty body', '', '4', json, ['empty-request']],
  ['an empty array', '[]', '4', json, ['empty-request']],
  ['an empty envelope', '{"batch":[]}', '3', json, ['empty-request']],
  ['blank lines', '\n\n \r\n', '4', lines, ['empty-request']],
  ['an empty query', '&&', '1', 'application/x-www-form-urlencoded', ['empty-request']],
  ['a cut array', '[{"event_type":"a"},', '4', json, ['invalid-json']],
  [
    'lines that were announced as one document',
    '{"event_type":"a"}\n{"event_type":"b"}',
    '4',
    json,
    ['invalid-json'],
  ],
  ['a scalar', '42', '4', json, ['not-an-object']],
  ['bytes that are not UTF-8', Buffer.from('{"e":"\xff"}', 'latin1'), '1', json, ['invalid-utf8']],
  [
    'an envelope that is not UTF-8',
    Buffer.from('{"sent_at":"\xff","batch":[{"type":"a"}]}', 'latin1'),
    '3',
    json,
    ['invalid-utf8'],
  ],
  ['a comma after the last event', '[{"event_type":"a"},]', '4', json, ['invalid-json']],
  ['nothing between two commas', '[{"event_type":"a"},,{"event_type":"b"}]', '4', json, ['invalid-json']],
  ['something after the array', '[{"event_type":"a"}] x', '4', json, ['invalid-json']],
  ['brackets that do not match', '[{"event_type":"a"}}', '4', json, ['invalid-json']],
  [
    'an array that ends as an object, in an envelope',
    '{"batch":[{"type":"a"}}}',
    '3',
    json,
    ['invalid-json'],
  ],
  [
    'an envelope with more around its events than allowed',
    `{"batch":[{"type":"a"}],"sent_at":"${'x'.repeat(20_000)}"}`,
    '3',
    json,
    ['invalid-envelope'],
  ],
  ['a query larger than an event', `e=a&p_x=${'x'.repeat(300_000)}`, '1', null, ['event-too-large']],
  [
    'an envelope with a key that it does not have',
    '{"batch":[{"type":"a"}],"surprise":1}',
    '3',
    json,
    ['invalid-envelope'],
  ],
  [
    'an envelope with its array twice',
    '{"batch":[{"type":"a"}],"batch":[{"type":"b"}]}',
    '3',
    json,
    ['duplicate-key'],
  ],
  [
    'an envelope with a client field twice',
    '{"batch":[{"type":"a"}],"client":{"name":"x","name":"y"}}',
    '3',
    json,
    ['duplicate-key'],
  ],
  [
    'an envelope of two formats',
    '{"batch":[{"type":"a"}],"events":[{"event_type":"a"}]}',
    null,
    json,
    ['ambiguous-format'],
  ],
  ['an event of two formats', '{"e":"a","event_type":"b"}', null, json, ['ambiguous-format']],
  ['an object of no format', '{"hello":"world"}', null, json, ['unknown-format']],
  ['broken percent-encoding', 'e=%zz', '1', null, ['invalid-query']],
  ['percent-encoded bytes that are not UTF-8', 'e=%ff', '1', null, ['invalid-query']],
  ['a query key twice', 'e=a&e=b', '1', null, ['duplicate-key']],
  ['too many events', `[${Array<string>(10_001).fill('1').join(',')}]`, '4', json, ['too-many-events']],
  ['a bomb of brackets', '['.repeat(500_000), '4', json, ['invalid-json']],
];

test.each([...accepted, ...refusedAlone])('item by item: %s', (_title, body, hint, type, said) => {
  const result = splitOf(body, hint, type);
  const items = result.kind === 'events' ? result.items : [];
  expect(items.map((item) => (item.kind === 'event' ? `${item.format}` : item.reason))).toEqual(said);
  expect(items.map((item) => item.index)).toEqual(said.map((_, index) => index));
});

test.each(refusedWhole)('refused whole: %s', (_title, body, hint, type, said) => {
  expect(splitOf(body, hint, type)).toMatchObject({ kind: 'rejected', reason: said[0] });
});

function splitOf(body: string | Buffer, hint: FormatHint | null, type: string | null): SplitRequest {
  return split(Buffer.from(body), hint, type);
}

test('a body is split in steps, and items come one at a time', () => {
  const steps = createSplitSteps(builtInCatalogue.formats, defaultLimits);
  const body = Buffer.from(`[${'{"event_type":"a"},'.repeat(9)} {"event_type":"a"}]`.padEnd(3_000_000));
  const kinds = [...steps(body, '4', json)].map(({ kind }) => kind);
  expect(kinds).toEqual([...Array<string>(11).fill('working'), ...Array<string>(10).fill('event')]);
});

test('an event inherits from its envelope what it does not have itself', () => {
  const result = split(
    Buffer.from(
      '{"sent_at":"s","client":{"name":"c"},"batch":[{"type":"a"},{"type":"b","client":{"name":"own"}}]}',
    ),
    '3',
    json,
  );
  expect(result).toMatchObject({
    items: [
      { event: { type: 'a', sent_at: 's', client: { name: 'c' } } },
      { event: { type: 'b', sent_at: 's', client: { name: 'own' } } },
    ],
  });
});

test.each([
  [
    'line',
    '{"event_type":"a","properties":{"n":12345678901234567890,"x":1e400,"f":1e20,"ok":9007199254740991}}\n',
    lines,
  ],
  [
    'element',
    '[{"event_type":"a","properties":{"n":12345678901234567890,"x":1e400,"f":1e20,"ok":9007199254740991}}]',
    json,
  ],
])(
  'in a %s, an integer beyond 2^53 and a number beyond all doubles become the text of their digits',
  (_kind, body, type) => {
    expect(splitOf(body, '4', type)).toMatchObject({
      items: [
        { event: { properties: { n: '12345678901234567890', x: '1e400', f: 1e20, ok: 9007199254740991 } } },
      ],
    });
  },
);

test('what can hold NUL or half a surrogate pair is marked', () => {
  const odd = (body: string, type: string | null): unknown => {
    const result = splitOf(body, null, type);
    return result.kind === 'events' && result.items[0]?.kind === 'event' && result.items[0].oddText;
  };
  expect(odd('{"e":"a"}', json)).toBe(false);
  expect(odd('{"e":"\\ud83d"}', json)).toBe(true);
  expect(odd('e=a%00', 'application/x-www-form-urlencoded')).toBe(true);
});

test.each([
  ['a line', `{"event_type":"a"}\r\n{"event_type":"b","event_id":"${id}"}\r\n{bad`, '4', lines],
  ['a line after a byte order mark', '\uFEFF{"event_type":"a"}\n{"event_type":"b"}\n{bad', '4', lines],
  ['an element', ' [ {"e":"a"} ,\n{"e":"b]\\"}"} , 7, {"e":"c","c":1,"c":2} ] ', '1', json],
  [
    'an element of an envelope',
    '{ "sent_at" : "s", "b\\u0061tch" : [{"type":"a"},[2],{"type":"c"}], "client":{"name":"[x"} }',
    '3',
    json,
  ],
  ['the whole body', '{"event":"a"}', '2', json],
] as const)('the bytes of %s are a request that gives the same item', (_kind, text, hint, type) => {
  const body = Buffer.from(text);
  const result = split(body, hint, type);
  if (result.kind === 'rejected') throw new Error(result.detail);
  for (const item of result.items) {
    const alone = split(bytesOfItem(body, item.span), hint, type);
    const again = alone.kind === 'events' ? alone.items[0] : alone;
    expect({ ...again, index: 0, span: null }).toEqual({ ...item, index: 0, span: null });
    expect(alone.kind === 'events' ? alone.items.length : 1).toBe(1);
  }
});
