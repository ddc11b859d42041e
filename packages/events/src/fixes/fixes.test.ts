import { describe, expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { FixExamples } from '../catalogue/fix.ts';
import type { JsonObject } from '../model/json.ts';
import type { FormatNumber } from '../model/request.ts';
import { fixPipelines, sevenChecks } from '../check/seven-checks.ts';
import { createPipeline, type Outcome } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';
import { withProperties } from './event-paths.ts';
import { fixTemplate } from './fix-template.ts';

// The template is held to the same checks, so that a copy of it begins green.
const catalogue: Catalogue = { ...builtInCatalogue, fixes: [...builtInCatalogue.fixes, fixTemplate] };
const cases = catalogue.fixes.flatMap((fix) =>
  fix.examples.map(
    (examples, index) => [`${fix.id}, format ${examples.format}, #${index}`, fix, examples] as const,
  ),
);

const pipeline = createPipeline(catalogue);

describe.each(cases)('%s', (_title, fix, examples) => {
  const checks = sevenChecks(fix, examples, fixPipelines(catalogue, fix, pipeline));

  test.each(checks.map((check, index) => [`${index + 1}. it ${check.title}`, check] as const))(
    '%s',
    (_name, { found }) => expect(found).toBeUndefined(),
  );
});

test.each(catalogue.fixes.map((fix) => [fix.id, fix] as const))(
  '%s says where its bug is described, since when it exists, when it can go, and has all examples',
  (id, fix) => {
    expect(id).toMatch(/^[a-z][a-z0-9-]+$/);
    expect(fix.issue.length).toBeGreaterThan(20);
    expect(fix.since).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(fix.retireWhen).not.toBe('');
    expect(new Set(fix.examples.map(({ format }) => format))).toEqual(new Set<FormatNumber>(fix.formats));
  },
);

test.each(
  cases.flatMap(([title, fix, examples]) =>
    fix.onlyProperties === undefined ? [] : [[title, fix, fix.onlyProperties, examples] as const],
  ),
)('%s says no to events without the properties that it names', (_title, fix, names, examples) => {
  const { broken, format, receivedAtMs } = examples;
  const without = withProperties(broken, format, (name, value) => (names.includes(name) ? undefined : value));
  expect(without).not.toEqual(broken);
  expect(fix.detect(without, { format, receivedAtMs })).toBe(false);
});

test('there is a fix for each outcome', () => {
  expect(new Set(builtInCatalogue.fixes.map((fix) => fix.outcome))).toEqual(
    new Set(['repair', 'redact', 'unwanted', 'quarantined']),
  );
});

test('no fix changes the healthy example of another', () => {
  for (const [, , examples] of cases) {
    expect(process(examples, examples.healthy)).toMatchObject({ kind: 'clean', event: { fixes: [] } });
  }
});

test('broken-screen takes out what is no size and rounds what is one', () => {
  const fix = builtInCatalogue.fixes.find(({ id }) => id === 'broken-screen')!;
  const context = { format: 1 as const, receivedAtMs: 0 };
  const after = (res: string): unknown =>
    fix.detect({ res }, context) ? fix.apply({ res }, context).res : 'left';
  expect(['NaNxNaN', '0x-56', '800.9x600', '1920x1080', 'wide', 'axbxc'].map(after)).toEqual([
    ...[undefined, undefined, '800x600'],
    ...['left', 'left', 'left'],
  ]);
});

test('a text that only looks like properties stays a text, and is rejected as such', () => {
  const fix = builtInCatalogue.fixes.find(({ id }) => id === 'double-encoded-properties')!;
  const context = { format: 2 as const, receivedAtMs: 0 };
  const deep = `${'{"a":'.repeat(100)}1${'}'.repeat(100)}`;
  for (const properties of ['', '7', '[]', '{"a":1,"a":2}', '{"__proto__":1}', '{', deep, 7, null]) {
    expect(fix.detect({ event: 'a', properties }, context)).toBe(false);
  }
});

function process(examples: FixExamples, event: JsonObject): Outcome {
  const { format, receivedAtMs } = examples;
  return pipeline.process(
    {
      kind: 'event',
      index: 0,
      format,
      event: structuredClone(event),
      oddText: false,
      span: { kind: 'whole' },
    },
    { ...requestContext, receivedAtMs },
  );
}
