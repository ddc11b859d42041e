import { describe, expect, test } from 'vitest';
import { builtInCatalogue } from '../built-in-catalogue.ts';
import type { Fix } from '../catalogue/fix.ts';
import type { JsonObject } from '../model/json.ts';
import { createPipeline, type Outcome, type PipelineOptions } from '../pipeline/pipeline.ts';
import { requestContext } from '../pipeline/request-context.fixture.ts';

const stops = (fix: Fix): boolean => fix.outcome === 'unwanted' || fix.outcome === 'quarantined';

describe.each(builtInCatalogue.fixes.map((fix) => [fix.id, fix] as const))('%s', (id, fix) => {
  const { broken, repaired, outside, healthy, format, receivedAtMs } = fix.examples;
  const context = { format, receivedAtMs };

  test('1. makes of the broken event what its fixture says, and leaves the original alone', () => {
    const before = structuredClone(broken);
    expect(fix.detect(broken, context)).toBe(true);
    expect(stops(fix) ? null : fix.apply(broken, context)).toEqual(repaired);
    expect(broken).toEqual(before);
  });

  test('2. leaves the same bug of a version just outside its range alone', () => {
    expect(fix.detect(outside, context)).toBe(true);
    expect(listed(process(fix, outside))).not.toContain(id);
  });

  test('3. is idempotent', () => {
    const once = repaired ?? healthy;
    expect(fix.detect(once, context)).toBe(false);
    expect(fix.apply(once, context)).toEqual(once);
  });

  test('4. leaves a healthy event of its client untouched', () => {
    expect(fix.detect(healthy, context)).toBe(false);
    expect(process(fix, healthy)).toMatchObject({ kind: 'clean', event: { fixes: [] } });
  });

  test('5. can be counted: the outcome names it, whatever becomes of the event', () => {
    expect(createPipeline(builtInCatalogue).fixIds).toContain(id);
    const named = { repair: [id], redact: [id], unwanted: id, quarantined: id };
    const outcome = process(fix, broken);
    expect(outcome.kind === 'clean' ? outcome.event.fixes : outcome.rule).toEqual(named[fix.outcome]);
  });

  test('6. is listed in the event, or is the rule that stopped it', () => {
    const kinds = { repair: 'clean', redact: 'clean', unwanted: 'unwanted', quarantined: 'rejected' };
    const outcome = process(fix, broken);
    expect(outcome.kind).toBe(kinds[fix.outcome]);
    expect(listed(outcome)).toContain(id);
  });

  test('7. can be disabled by configuration', () => {
    expect(createPipeline(builtInCatalogue, { disabledFixes: [id] }).fixIds).not.toContain(id);
    expect(listed(process(fix, broken, { disabledFixes: [id] }))).not.toContain(id);
  });

  test('says where the bug is described, since when it is there and when it can go', () => {
    expect(id).toMatch(/^[a-z][a-z0-9-]+$/);
    expect(fix.issue.length).toBeGreaterThan(20);
    expect(fix.since).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(fix.retireWhen).not.toBe('');
    expect(fix.formats).toContain(format);
  });
});

test('there is a fix for each outcome', () => {
  expect(new Set(builtInCatalogue.fixes.map((fix) => fix.outcome))).toEqual(
    new Set(['repair', 'redact', 'unwanted', 'quarantined']),
  );
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

function process(fix: Fix, event: JsonObject, options: PipelineOptions = {}): Outcome {
  const { format, receivedAtMs } = fix.examples;
  return createPipeline(builtInCatalogue, options).process(
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

function listed(outcome: Outcome): string[] {
  if (outcome.kind === 'clean') return outcome.event.fixes;
  return outcome.rule === undefined ? [...outcome.fixes] : [...outcome.fixes, outcome.rule];
}
