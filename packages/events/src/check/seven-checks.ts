import { isDeepStrictEqual } from 'node:util';
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Fix, FixExamples } from '../catalogue/fix.ts';
import { withProperties } from '../fixes/event-paths.ts';
import type { JsonObject } from '../model/json.ts';
import { createPipeline, type Outcome, type Pipeline } from '../pipeline/pipeline.ts';
import { exampleItem, exampleRequest } from './example-request.ts';
import { attempt, show } from './problem.ts';

/** One of the seven checks that every fix passes for each of its examples. */
export interface FixCheck {
  /** What the fix does when the check passes, as a sentence without a subject. */
  readonly title: string;
  /** What it did instead, undefined when it passes. */
  readonly found: string | undefined;
  readonly action: string;
}

/**
 * The seven checks for one example of a fix. `with` is a pipeline of the whole catalogue, `without` one in
 * which this fix is disabled.
 */
export function sevenChecks(fix: Fix, examples: FixExamples, pipelines: FixPipelines): FixCheck[] {
  const { broken, repaired, outside, healthy, format, receivedAtMs } = examples;
  const context = { format, receivedAtMs };
  const { id, outcome } = fix;
  const stops = outcome === 'unwanted' || outcome === 'quarantined';
  const run = (event: JsonObject, pipeline = pipelines.with) => process(examples, event, pipeline);
  const detects = (event: JsonObject): unknown => fix.detect(structuredClone(event), context);
  return [
    check('makes of `broken` what `repaired` says, and leaves the original alone', toBroken, () => {
      if (detects(broken) !== true) return '`detect` does not answer true for `broken`';
      const given = structuredClone(broken);
      const after = stops ? null : fix.apply(given, context);
      if (!isDeepStrictEqual(given, broken)) return `the original became ${show(given)}`;
      return isDeepStrictEqual(after, repaired)
        ? undefined
        : `it becomes ${show(after)}, not ${show(repaired)}`;
    }),
    check('leaves the same bug of a version just outside its range alone', toOutside, () => {
      if (detects(outside) !== true) return '`outside` does not show the bug';
      return listed(run(outside)).includes(id) ? `it was applied to ${show(outside)}` : undefined;
    }),
    check('is idempotent', toRepaired, () => {
      if (detects(repaired ?? healthy) !== false)
        return '`detect` does not answer false for the repaired event';
      return cleanProblem(run(repaired ?? healthy));
    }),
    check('leaves a healthy event of its client untouched', toHealthy, () => {
      if (detects(healthy) !== false) return '`detect` does not answer false for `healthy`';
      const without = withoutProperties(broken, format, fix.onlyProperties);
      if (fix.onlyProperties !== undefined && detects(without) !== false) {
        return `\`detect\` says yes to ${show(without)}, which has none of \`onlyProperties\``;
      }
      return cleanProblem(run(healthy));
    }),
    check('can be counted: the outcome names it, whatever becomes of the event', toBroken, () => {
      if (!pipelines.with.fixIds.includes(id)) return 'the pipeline does not know it';
      const result = run(broken);
      const named = result.kind === 'clean' ? result.event.fixes : [result.rule];
      if (isDeepStrictEqual(named, [id])) return undefined;
      return `it names ${show(named)}${why(result)}`;
    }),
    check('is listed in the event, or is the rule that stopped it', toBroken, () => {
      const kinds = { repair: 'clean', redact: 'clean', unwanted: 'unwanted', quarantined: 'rejected' };
      const result = run(broken);
      if (result.kind !== kinds[outcome]) return `the event is ${result.kind}${why(result)}`;
      return listed(result).includes(id) ? undefined : `it lists ${show(listed(result))}`;
    }),
    check('can be disabled by configuration', 'nothing but its id may depend on it', () => {
      if (pipelines.without.fixIds.includes(id)) return 'it is still there';
      return listed(run(broken, pipelines.without)).includes(id) ? 'it was applied all the same' : undefined;
    }),
  ];
}

const toBroken =
  'correct `detect`, `apply` or the example: `clients`, `formats` and `types` must cover `broken`';
const toOutside = 'let `outside` be `broken` with a version outside of `versions`';
const toRepaired = 'let `detect` ask whether `apply` would still change something';
const toHealthy = 'let `detect` be narrower, or correct the example: it must be a valid event of its format';

export interface FixPipelines {
  readonly with: Pipeline;
  readonly without: Pipeline;
}

export function fixPipelines(catalogue: Catalogue, fix: Fix, all: Pipeline): FixPipelines {
  return { with: all, without: createPipeline(catalogue, { disabledFixes: [fix.id] }) };
}

function check(title: string, action: string, find: () => string | undefined): FixCheck {
  const found = attempt(find);
  return { title, action, found: 'threw' in found ? `threw ${found.threw}` : found.value };
}

function process({ format, receivedAtMs }: FixExamples, event: JsonObject, pipeline: Pipeline): Outcome {
  return pipeline.process(exampleItem(format, event), { ...exampleRequest, receivedAtMs });
}

function cleanProblem(outcome: Outcome): string | undefined {
  if (outcome.kind !== 'clean') return `it is ${outcome.kind}${why(outcome)}`;
  return outcome.event.fixes.length === 0 ? undefined : `it lists ${show(outcome.event.fixes)}`;
}

/** The event itself when the fix names no properties. */
function withoutProperties(
  event: JsonObject,
  format: number,
  names: readonly string[] | undefined,
): JsonObject {
  if (names === undefined) return event;
  return withProperties(event, format, (name, value) => (names.includes(name) ? undefined : value));
}

function why(outcome: Outcome): string {
  return outcome.kind === 'clean' ? '' : ` as ${outcome.reason} (${outcome.detail})`;
}

function listed(outcome: Outcome): string[] {
  if (outcome.kind === 'clean') return outcome.event.fixes;
  return outcome.rule === undefined ? [...outcome.fixes] : [...outcome.fixes, outcome.rule];
}
