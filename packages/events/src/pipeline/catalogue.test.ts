import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import { CatalogueError } from '../catalogue/catalogue-error.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Fix } from '../catalogue/fix.ts';
import { createPipeline } from './pipeline.ts';
import { reasons, stages } from '../model/reasons.ts';
import { requestContext } from './request-context.fixture.ts';

const [someFix] = builtInCatalogue.fixes as [Fix];
const [oneToTwo, twoToThree, threeToFour] = builtInCatalogue.upgrades as never as [never, never, never];

test.each<[string, Partial<Catalogue>, RegExp]>([
  ['a missing upgrade', { upgrades: [oneToTwo, threeToFour] }, /no upgrade leads from format 2 to 3/],
  [
    'two upgrades from one format',
    { upgrades: [oneToTwo, oneToTwo, twoToThree, threeToFour] },
    /two upgrades/,
  ],
  ['an upgrade that jumps', { upgrades: [{ from: 1, to: 3, up: (event) => event }] }, /not to the next/],
  [
    'two formats of one number',
    { formats: [...builtInCatalogue.formats, builtInCatalogue.formats[0]!] },
    /two formats/,
  ],
  ['an id used twice', { fixes: [someFix, someFix] }, /two fixes have the id/],
  [
    'a range that is none',
    { fixes: [{ ...someFix, clients: [{ name: 'x', versions: 'new ones' }] }] },
    /no range of versions/,
  ],
])('%s fails the start', (_title, change, message) => {
  const start = (): unknown => createPipeline({ ...builtInCatalogue, ...change });
  expect(start).toThrow(CatalogueError);
  expect(start).toThrow(message);
});

test('disabling a fix that does not exist fails the start', () => {
  expect(() => createPipeline(builtInCatalogue, { disabledFixes: ['epoch-second'] })).toThrow(/epoch-second/);
});

test('a fix, format or upgrade that throws rejects its event and is named; what it threw is not', () => {
  const explode = (): never => {
    throw new TypeError('canary');
  };
  const item = { kind: 'event', index: 0, oddText: false, span: { kind: 'whole' } } as const;
  const event = { event: 'a', context: { app: { name: 'x', version: '1.0.0' } } };
  const fix: Fix = {
    ...someFix,
    id: 'explodes',
    clients: [{ name: 'x', versions: '*' }],
    formats: [2],
    detect: explode,
  };
  const withFix = createPipeline({ ...builtInCatalogue, fixes: [fix] });
  expect(withFix.process({ ...item, format: 2, event }, requestContext)).toEqual({
    ...{ kind: 'rejected', reason: 'fix-failed', stage: 'fix', rule: 'explodes' },
    ...{ detail: 'explodes threw TypeError', index: 0, fixes: [] },
  });
  const upgrades = [oneToTwo, { from: 2, to: 3, up: explode } as const, threeToFour];
  const withUpgrade = createPipeline({ ...builtInCatalogue, upgrades, fixes: [] });
  expect(withUpgrade.process({ ...item, format: 2, event }, requestContext)).toMatchObject({
    reason: 'upgrade-failed',
  });
  const formats = builtInCatalogue.formats.map((format) => ({ ...format, looksLike: explode }));
  expect(
    createPipeline({ ...builtInCatalogue, formats }).split(Buffer.from('{"a":1}'), null, null),
  ).toMatchObject({ reason: 'split-failed', detail: 'threw TypeError' });
  for (const broken of ['check', 'clientOf', 'typeOf'] as const) {
    const formats = builtInCatalogue.formats.map((format) => ({ ...format, [broken]: explode }));
    const withFormat = createPipeline({ ...builtInCatalogue, formats, fixes: [] });
    expect(withFormat.process({ ...item, format: 2, event }, requestContext)).toMatchObject({
      ...{ kind: 'rejected', reason: 'read-failed', detail: 'threw TypeError' },
    });
  }
});

test('fixes look at versions as clients write them', () => {
  const fix: Fix = {
    ...someFix,
    id: 'seen',
    clients: [{ name: 'x', versions: '<2.0.0' }],
    formats: [2],
    outcome: 'repair',
    detect: () => true,
  };
  const pipeline = createPipeline({ ...builtInCatalogue, fixes: [fix] });
  const seen = (version: string | null): boolean => {
    const event = { event: 'a', context: { app: { name: 'x', version } } };
    const item = {
      kind: 'event',
      index: 0,
      format: 2,
      event,
      oddText: false,
      span: { kind: 'whole' },
    } as const;
    const outcome = pipeline.process(item, requestContext);
    return outcome.kind === 'clean' && outcome.event.fixes.includes('seen');
  };
  expect(
    ['1.9.9', '1.7', 'v1', '2.0.0-beta.1', '2.0.0', 'nightly', '', null, '1'.repeat(65)].map(seen),
  ).toEqual([...[true, true, true, true], ...[false, false, false, false, false]]);
});

test('every reason has a stage of the list and a sentence', () => {
  for (const [reason, { stage, sentence }] of Object.entries(reasons)) {
    expect(reason).toMatch(/^[a-z0-9-]+$/);
    expect(stages).toContain(stage);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
});

test('the README names every fix and every reason', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const names = [...builtInCatalogue.fixes.map(({ id }) => id), ...Object.keys(reasons)];
  expect(names.filter((name) => !readme.includes(`\`${name}\``))).toEqual([]);
});
