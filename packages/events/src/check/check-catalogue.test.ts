import { expect, test } from 'vitest';
import { eventSchemaWith } from '../avro/own-schema.ts';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Fix } from '../catalogue/fix.ts';
import type { Format } from '../catalogue/format.ts';
import type { OwnField } from '../catalogue/own-field.ts';
import { valueAt } from '../fixes/event-paths.ts';
import { pathsOf } from '../fixes/field-paths.ts';
import { fixTemplate } from '../fixes/fix-template.ts';
import type { JsonObject } from '../model/json.ts';
import { checkCatalogue } from './check-catalogue.ts';

const [firstFix] = builtInCatalogue.fixes as [Fix];
const receipts: Format = {
  number: 100,
  envelope: null,
  check: () => null,
  clientOf: () => ({ name: 'till', version: null }),
  typeOf: () => 'receipt',
  timeOf: (event) => event.at,
  examples: [
    { event: { no: '1' }, becomes: 'clean', clean: { event_type: 'receipt', properties: { no: '1' } } },
  ],
};
const up = ({ no = null }: JsonObject): JsonObject => ({ type: 'receipt', properties: { no } });
const shop: OwnField = { name: 'x_shop', type: 'long', doc: 'Shop', since: '2026-01-01', value: () => null };

const withFormat = (format: Partial<Format>, upgrade = up): Catalogue => ({
  ...builtInCatalogue,
  formats: [...builtInCatalogue.formats, { ...receipts, ...format }],
  upgrades: [...builtInCatalogue.upgrades, { from: 100, to: 3, up: upgrade }],
  fixes: [],
});
const withFix = (fix: Partial<Fix>): Catalogue => ({
  ...builtInCatalogue,
  fixes: [{ ...fixTemplate, ...fix }],
});
const saidOf = (made: unknown, ...rest: [] | [Parameters<typeof checkCatalogue>[1]]): string[] =>
  checkCatalogue(made, ...rest).problems.map(({ at, found, expected }) => `${at}: ${found} | ${expected}`);

test('the built-in catalogue has no problem, and every fix of it passes its seven checks', () => {
  const { problems, summary } = checkCatalogue(builtInCatalogue);
  expect(problems).toEqual([]);
  expect(summary!.checks.passed).toBe(summary!.checks.run);
  expect(summary).toMatchObject({
    formats: [1, 2, 3, 4],
    ownFormats: [],
    fixes: builtInCatalogue.fixes.length,
  });
});

test('a format, a fix, a field and a route of one’s own have no problem when they are right', () => {
  const made = {
    ...withFormat({}),
    fixes: [fixTemplate],
    schemaFields: [shop],
    routes: { receipt: 'events.till' },
  };
  const { problems, summary } = checkCatalogue(made);
  expect(problems).toEqual([]);
  expect(summary).toMatchObject({
    ...{ ownFormats: [100], fixes: 1, checks: { run: 14, passed: 14 } },
    ...{ routedTopics: ['events.till'], schemaFields: ['x_shop'] },
  });
});

// Which entry, which field, what was found, what was expected.
test.each<[string, unknown, string]>([
  ['no object', 7, 'catalogue: 7 | an object'],
  ['a part that is missing', { ...builtInCatalogue, limits: undefined }, 'limits: nothing | an object'],
  [
    'a part with another name',
    { ...builtInCatalogue, fixs: [] },
    'fixs: a name that nobody reads | one of formats',
  ],
  ['fixes that are no list', { ...builtInCatalogue, fixes: {} }, 'fixes: {} | an array'],
  [
    'a range that is none',
    withFix({ clients: [{ name: 'x', versions: '>=1 <' }] }),
    `versions: ">=1 <" | a semver`,
  ],
  [
    'an id in capitals',
    withFix({ id: 'Old_Till' }),
    `fixes[0] 'Old_Till'.id: "Old_Till" | a name in lower case`,
  ],
  ['a fix for nobody', withFix({ clients: [] }), 'clients: an empty array | at least one'],
  ['a date that is none', withFix({ since: '1.6.2026' }), 'since: "1.6.2026" | a date'],
  ['a short issue', withFix({ issue: 'broken' }), 'issue: "broken" | a sentence'],
  [
    'a fix of an unknown format',
    withFix({ formats: [100] }),
    'formats: format 100 | a format of the catalogue: 1, 2',
  ],
  ['two fixes of one id', { ...builtInCatalogue, fixes: [firstFix, firstFix] }, 'two fixes have the id'],
  ['a format numbered 5', withFormat({ number: 5 }), "formats[4] '5'.number: 5 | 1 to 4, or 100 to 999"],
  [
    'a format without an upgrade',
    { ...withFormat({}), upgrades: builtInCatalogue.upgrades },
    'no upgrade leads from',
  ],
  [
    'a format whose check is none',
    withFormat({ check: 'strict' as never }),
    'check: "strict" | a function (event)',
  ],
  [
    'a limit of nothing',
    { ...builtInCatalogue, limits: { ...builtInCatalogue.limits, depthMax: 0 } },
    'depthMax: 0 |',
  ],
  [
    'a route to no topic',
    { ...builtInCatalogue, routes: { buy: 'a b' } },
    `routes["buy"]: "a b" | the name of a Kafka`,
  ],
  [
    'a field without x_',
    { ...builtInCatalogue, schemaFields: [{ ...shop, name: 'shop' }] },
    `name: "shop" | x_ and then`,
  ],
  [
    'an unknown type',
    { ...builtInCatalogue, schemaFields: [{ ...shop, type: 'int' }] },
    'type: "int" | one of boolean',
  ],
])('%s is told where it is', (_title, made, said) => {
  expect(saidOf(made).join('\n')).toContain(said);
});

test.each<[string, Partial<Fix>, string]>([
  [
    'that throws',
    {
      detect: () => {
        throw new TypeError('x');
      },
    },
    'check 1 of 7',
  ],
  ['whose detect says yes to all', { detect: () => true }, 'check 3 of 7: the fix is idempotent'],
  ['that repairs something else', { apply: (event) => ({ ...event, extra: 1 }) }, 'it becomes'],
  [
    'that changes its event',
    {
      apply: (event) => {
        event['user_id'] = 'x';
        return event;
      },
    },
    'the original became',
  ],
  ['for all versions', { clients: [{ name: 'penstock-example', versions: '*' }] }, 'check 2 of 7'],
  ['for another client', { clients: [{ name: 'other', versions: '*' }] }, 'check 5 of 7'],
  ['whose onlyProperties are not all', { onlyProperties: ['plan'] }, 'has none of `onlyProperties`'],
  ['with another outcome', { outcome: 'quarantined' }, 'it becomes null, not'],
  ['without an example for a format', { examples: fixTemplate.examples.slice(0, 1) }, 'none of format 3'],
  [
    'that is not total',
    {
      detect: (event, { format }) =>
        (valueAt(event, pathsOf(format).userId) as string | undefined)?.startsWith('anonymous') ?? false,
    },
    'fix-failed',
  ],
])('a fix %s fails its checks', (_title, fix, said) => {
  expect(saidOf(withFix(fix)).join('\n')).toContain(said);
});

test.each<[string, Catalogue, string]>([
  ['has no example', withFormat({ examples: [] }), 'examples: none that becomes clean'],
  [
    'has an example that becomes something else',
    withFormat({ examples: [...receipts.examples!, { event: {}, becomes: 'missing-field' }] }),
    'examples[1]: it becomes clean | missing-field',
  ],
  [
    'has an example with another field',
    withFormat({ examples: [{ event: { no: '1' }, becomes: 'clean', clean: { properties: { no: '2' } } }] }),
    'clean.properties: {"no":"1"} | {"no":"2"}',
  ],
  [
    'throws for odd events',
    withFormat({ typeOf: (event) => (event.no as string).trim() }),
    'read-failed: threw TypeError',
  ],
  [
    'changes the events that it is given',
    withFormat({}, (event) => {
      event.no = 'x';
      return up(event);
    }),
    'upgrade-failed: threw TypeError',
  ],
])('a format of one’s own that %s is told', (_title, made, said) => {
  expect(saidOf(made).join('\n')).toContain(said);
});

const withFields = (...schemaFields: OwnField[]): Catalogue => ({
  ...builtInCatalogue,
  fixes: [],
  schemaFields,
});
const released = [{ name: 'event-4-0123.avsc', schema: eventSchemaWith([shop]) }];

test.each<[string, Catalogue, string]>([
  ['gone', withFields(), "schemaFields 'x_shop': gone, and event-4-0123.avsc has it | to be there"],
  [
    'of another type',
    withFields({ ...shop, type: 'string' }),
    `schemaFields 'x_shop'.type: ["null","string"] |`,
  ],
  ['a time now', withFields({ ...shop, type: 'timestamp' }), `schemaFields 'x_shop'.type`],
])('a schema field that was released and is %s is told', (_title, made, said) => {
  expect(saidOf(made, released).join('\n')).toContain(said);
});

test('a schema field more is compatible with all that was released', () => {
  const more: OwnField = { ...shop, name: 'x_more', type: 'string', since: '2026-02-01' };
  expect(saidOf(withFields(shop, more), released)).toEqual([]);
  expect(saidOf(withFields({ ...shop, value: () => null }), released)).toEqual([]);
});
