import type { Catalogue } from '../catalogue/catalogue.ts';
import type { Fix } from '../catalogue/fix.ts';
import type { Format, FormatExample } from '../catalogue/format.ts';
import { ownFormats } from '../model/raw-headers.ts';
import type { FormatNumber } from '../model/request.ts';
import type { JsonObject } from '../model/json.ts';
import type { CleanOutcome, Outcome, Pipeline } from '../pipeline/pipeline.ts';
import { exampleItem, exampleRequest } from './example-request.ts';
import { oddEvents } from './odd-events.ts';
import { attempt, show, type Problems } from './problem.ts';
import { fixPipelines, sevenChecks } from './seven-checks.ts';

/** Runs the seven checks of a fix for each of its examples. @returns how many have passed. */
export function checkFix(
  catalogue: Catalogue,
  fix: Fix,
  at: string,
  pipeline: Pipeline,
  problems: Problems,
): number {
  const pipelines = fixPipelines(catalogue, fix, pipeline);
  let passed = 0;
  for (const [index, examples] of fix.examples.entries()) {
    const here = `${at}.examples[${index}] (format ${examples.format})`;
    for (const [n, { title, found, action }] of sevenChecks(fix, examples, pipelines).entries()) {
      if (found === undefined) passed += 1;
      else problems.error(here, found, `check ${n + 1} of 7: the fix ${title}`, action);
    }
    checkTotal(examples.format, examples.broken, here, pipeline, problems);
  }
  const shown = new Set(fix.examples.map(({ format }) => format));
  for (const format of fix.formats) {
    if (shown.has(format)) continue;
    problems.error(`${at}.examples`, `none of format ${format}`, 'one for each of its formats', 'add one');
  }
  return passed;
}

/** Runs the examples of a format. A format of a deployer's own needs one that becomes clean. */
export function checkFormat(format: Format, at: string, pipeline: Pipeline, problems: Problems): void {
  const { examples = [], number } = format;
  for (const [index, example] of examples.entries()) {
    const here = `${at}.examples[${index}]`;
    checkExample(number, example, here, pipeline, problems);
    checkTotal(number, example.event, here, pipeline, problems);
  }
  if (number >= ownFormats.first && !examples.some(({ becomes }) => becomes === 'clean')) {
    const action = "add { event: {...}, becomes: 'clean', clean: {...} } with an event as a client sends it";
    problems.error(`${at}.examples`, 'none that becomes clean', 'at least one', action);
  }
}

function checkExample(
  format: FormatNumber,
  { event, becomes, clean = {}, receivedAtMs = exampleRequest.receivedAtMs }: FormatExample,
  at: string,
  pipeline: Pipeline,
  problems: Problems,
): void {
  const outcome = pipeline.process(exampleItem(format, event), { ...exampleRequest, receivedAtMs });
  const became = outcome.kind === 'clean' ? 'clean' : outcome.reason;
  if (became !== becomes) {
    const detail = outcome.kind === 'clean' ? '' : ` (${outcome.detail})`;
    problems.error(at, `it becomes ${became}${detail}`, becomes, 'correct the format, or the example');
  } else if (outcome.kind === 'clean') checkClean(outcome, clean, at, problems);
}

function checkClean(
  { event, own }: CleanOutcome,
  expected: JsonObject,
  at: string,
  problems: Problems,
): void {
  const found = { ...event, ...own } as unknown as Record<string, unknown>;
  for (const [name, value] of Object.entries(expected)) {
    if (holds(found[name], value)) continue;
    problems.error(
      `${at}.clean.${name}`,
      show(found[name]),
      show(value),
      'correct the upgrade, or the example',
    );
  }
}

/** Whether everything that is expected is there. Objects may hold more. */
function holds(found: unknown, expected: unknown): boolean {
  if (typeof expected !== 'object' || expected === null) return Object.is(found, expected);
  if (Array.isArray(expected)) return JSON.stringify(found) === JSON.stringify(expected);
  if (typeof found !== 'object' || found === null) return false;
  const inside = found as Record<string, unknown>;
  return Object.entries(expected).every(([name, value]) => holds(inside[name], value));
}

/** Clients send anything: no function of the catalogue may throw, or change what it is given. */
function checkTotal(
  format: FormatNumber,
  event: JsonObject,
  at: string,
  pipeline: Pipeline,
  problems: Problems,
): void {
  for (const odd of oddEvents(event)) {
    const outcome = processFrozen(format, odd, pipeline);
    const failure = failureOf(outcome);
    if (failure === undefined) continue;
    const action = 'ask for the type of each value before you use it, and return a copy instead of a change';
    problems.error(at, `${failure} for ${show(odd)}`, 'an answer for any JSON object', action);
    return; // one is enough: the others are mostly the same
  }
}

function processFrozen(format: FormatNumber, event: JsonObject, pipeline: Pipeline): Outcome | string {
  const item = exampleItem(format, event);
  freeze(item.event);
  const done = attempt(() => {
    const outcome = pipeline.process(item, exampleRequest);
    if (outcome.kind === 'clean') pipeline.encode(outcome.event, outcome.own);
    return outcome;
  });
  return 'threw' in done ? `threw ${done.threw} (encode-failed)` : done.value;
}

/** Reasons that are bugs of the catalogue. */
const bugs: ReadonlySet<string> = new Set([
  ...['fix-failed', 'read-failed', 'upgrade-failed', 'normalise-failed', 'field-failed', 'encode-failed'],
]);

function failureOf(outcome: Outcome | string): string | undefined {
  if (typeof outcome === 'string') return outcome;
  if (outcome.kind === 'clean') return undefined;
  return bugs.has(outcome.reason) ? `${outcome.reason}: ${outcome.detail}` : undefined;
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}
