import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Format } from '../catalogue/format.ts';
import { checkFields, fieldTable, required, shortText } from '../formats/field-table.ts';
import { hostileBodies } from '../hostile/hostile-bodies.ts';
import type { FormatHint } from '../model/raw-headers.ts';
import { decodeEvent } from '../avro/encode-event.ts';
import type { RequestItem } from '../model/request.ts';
import { createPipeline } from './pipeline.ts';
import { requestContext } from './request-context.fixture.ts';

const receiptFields = fieldTable({ no: required(shortText), at: shortText, till: shortText });
const receipts: Format = {
  number: 100,
  envelope: { array: 'receipts', shared: ['till'] },
  check: (event) => checkFields(event, receiptFields),
  clientOf: () => ({ name: 'till', version: null }),
  typeOf: () => 'receipt',
  timeOf: (event) => event.at,
};
const upgrade = {
  from: 100,
  to: 3,
  up: (event) => ({ type: 'receipt', time: event.at, device_id: event.till, properties: { no: event.no } }),
} satisfies Catalogue['upgrades'][number];
const catalogue: Catalogue = {
  ...builtInCatalogue,
  formats: [...builtInCatalogue.formats, receipts],
  upgrades: [...builtInCatalogue.upgrades, upgrade],
};
const pipeline = createPipeline(catalogue);

function outcomesOf(body: Buffer, hint: FormatHint | null, contentType: string | null) {
  const split = pipeline.split(body, hint, contentType);
  return split.kind === 'rejected'
    ? split
    : split.items.map((item) => pipeline.process(item, requestContext));
}

test.each([
  ['application/json', '{"no":"1"}', 1],
  ['application/json', '[{"no":"1"},{"no":"2"}]', 2],
  ['application/json', '{"till":"t","receipts":[{"no":"1"},{"no":"2"},7]}', 3],
  ['application/x-ndjson', '{"no":"1"}\n{"no":"2"}\n\n{x\n', 3],
  [null, '{"no":"1"}\n{"no":"2"}\n', 2],
  ['application/x-www-form-urlencoded', 'no=1&till=t', 1],
])('a body of an own format as %s: %s has %i outcomes', (contentType, body, count) => {
  const outcomes = outcomesOf(Buffer.from(body), '100', contentType);
  if (!Array.isArray(outcomes)) throw new Error(outcomes.detail);
  expect(outcomes).toHaveLength(count);
  const [first] = outcomes;
  expect(first).toMatchObject({
    kind: 'clean',
    event: { event_type: 'receipt', source_format: 100, properties: { no: '1' } },
  });
});

test('the envelope of an own format is inherited, and what it does not share is refused', () => {
  const outcomes = outcomesOf(
    Buffer.from('{"till":"t-7","receipts":[{"no":"1"}]}'),
    '100',
    'application/json',
  );
  expect(outcomes).toMatchObject([{ kind: 'clean', event: { device_id: 't-7' } }]);
  const other = outcomesOf(Buffer.from('{"shop":"s","receipts":[{"no":"1"}]}'), '100', 'application/json');
  expect(other).toMatchObject({ reason: 'invalid-envelope' });
});

test('a field that the own format does not have costs its event alone', () => {
  const outcomes = outcomesOf(Buffer.from('[{"no":"1","x":1},{"no":"2"}]'), '100', 'application/json');
  expect(outcomes).toMatchObject([{ kind: 'rejected', reason: 'unknown-field' }, { kind: 'clean' }]);
});

test('what an upgrade leaves undefined is no property, and the event can be encoded', () => {
  const upgrades = [
    ...builtInCatalogue.upgrades,
    { ...upgrade, up: () => ({ type: 'a', properties: { x: undefined } }) },
  ];
  const lax = createPipeline({ ...catalogue, upgrades });
  const split = lax.split(Buffer.from('{"no":"1"}'), '100', null);
  const outcome = lax.process((split as { items: readonly RequestItem[] }).items[0]!, requestContext);
  if (outcome.kind !== 'clean') throw new Error(outcome.detail);
  expect(decodeEvent(lax.encode(outcome.event, null)).properties).toEqual({});
});

test('a format that only another catalogue has is rejected whole, whatever its events look like', () => {
  const body = Buffer.from('{"event_type":"a"}');
  for (const hint of ['101', '7'] as const) {
    expect(outcomesOf(body, hint, null)).toMatchObject({ reason: 'unknown-format', stage: 'split' });
  }
});

test('without the route, no event is taken for a format that names no mark of its own', () => {
  expect(outcomesOf(Buffer.from('{"no":"1"}'), null, null)).toMatchObject({ reason: 'unknown-format' });
  expect(outcomesOf(Buffer.from('{"event_type":"a"}'), null, null)).toMatchObject([{ kind: 'clean' }]);
});

// The same bounds as for built-in formats: they are checked on the bytes, before a format sees anything.
test.each(
  hostileBodies(256 * 1024).map(({ title, body, contentType }) => [title, body, contentType] as const),
)('hostile: %s meets the same limits in an own format as in format 2', (_title, body, contentType) => {
  expect(limitsHit(outcomesOf(body, '100', contentType))).toEqual(
    limitsHit(outcomesOf(body, '2', contentType)),
  );
});

/** What the limits and the parser said, by position; null where they let the event through. */
function limitsHit(outcomes: ReturnType<typeof outcomesOf>) {
  if (!Array.isArray(outcomes)) return outcomes;
  return outcomes.map((one) => (one.kind !== 'clean' && one.stage === 'parse' ? one.detail : null));
}

test.each([
  [{ from: 100, to: 100 }, /leads to 100/],
  [{ from: 100, to: 101 }, /leads to 101/],
  [{ from: 100, to: 0 }, /leads to 0/],
  [undefined, /no upgrade leads from format 100 to a format from 1 to 4/],
])('an own format whose upgrade is %j fails the start', (step, message) => {
  const upgrades = step === undefined ? [] : [{ ...step, up: upgrade.up }];
  expect(() =>
    createPipeline({ ...catalogue, upgrades: [...builtInCatalogue.upgrades, ...upgrades] }),
  ).toThrow(message);
});
