import { schemaFingerprint } from '../avro/fingerprint.ts';
import { eventSchemaWith } from '../avro/own-schema.ts';
import type { AvroRecord } from '../avro/schema.ts';
import type { Catalogue } from '../catalogue/catalogue.ts';
import { ownFormats } from '../model/raw-headers.ts';
import { createPipeline, type Pipeline } from '../pipeline/pipeline.ts';
import { catalogueShape } from './catalogue-shape.ts';
import { checkFix, checkFormat } from './check-events.ts';
import { checkSchema, type ReleasedSchema } from './check-schema.ts';
import { attempt, Problems, type CatalogueProblem } from './problem.ts';

export interface CatalogueReport {
  readonly problems: readonly CatalogueProblem[];
  /** Undefined when the catalogue is too broken to tell. */
  readonly summary: CatalogueSummary | undefined;
}

export interface CatalogueSummary {
  readonly formats: readonly number[];
  readonly ownFormats: readonly number[];
  readonly fixes: number;
  /** Of all fixes and examples together, and how many of them have passed. */
  readonly checks: { readonly run: number; readonly passed: number };
  /** Clean topics beside the usual one. */
  readonly routedTopics: readonly string[];
  readonly schemaFields: readonly string[];
  readonly schema: AvroRecord;
  /** As records carry it. */
  readonly fingerprint: string;
}

/**
 * Everything that can be said about a catalogue without any traffic: whether each part is there and of the
 * right kind, whether they agree, whether each fix passes its seven checks, and whether anything throws for
 * odd events. Never throws.
 */
export function checkCatalogue(made: unknown, released: readonly ReleasedSchema[] = []): CatalogueReport {
  const problems = new Problems();
  const pipeline = pipelineOf(made, problems);
  if (pipeline === undefined) return { problems: problems.all, summary: undefined };
  const { catalogue } = pipeline;
  const { schemaFields = [] } = catalogue;
  checkSchema(schemaFields, released, problems);
  for (const [index, format] of catalogue.formats.entries()) {
    checkFormat(format, `formats[${index}] '${format.number}'`, pipeline, problems);
  }
  let passed = 0;
  for (const [index, fix] of catalogue.fixes.entries()) {
    passed += checkFix(catalogue, fix, `fixes[${index}] '${fix.id}'`, pipeline, problems);
  }
  return { problems: problems.all, summary: summaryOf(catalogue, passed) };
}

/**
 * Whether the parts are there and agree: what the start of a filter needs, in a few milliseconds. Undefined
 * when it adds an error.
 */
export function pipelineOf(made: unknown, problems: Problems): Pipeline | undefined {
  catalogueShape(made, 'catalogue', problems);
  for (const [index, problem] of problems.all.entries()) {
    problems.all[index] = { ...problem, at: problem.at.replace(/^catalogue\./, '') };
  }
  if (problems.errors > 0) return undefined;
  const catalogue = made as Catalogue;
  checkFormatsOfFixes(catalogue, problems);
  const created = attempt(() => createPipeline(catalogue));
  if ('threw' in created) {
    problems.error(
      'catalogue',
      created.threw.replace(/^CatalogueError: /, ''),
      'parts that agree',
      'correct it',
    );
  }
  return problems.errors > 0 || 'threw' in created ? undefined : created.value;
}

function checkFormatsOfFixes({ fixes, formats }: Catalogue, problems: Problems): void {
  const known = formats.map(({ number }) => number);
  for (const [index, fix] of fixes.entries()) {
    for (const number of fix.formats.filter((format) => !known.includes(format))) {
      const at = `fixes[${index}] '${fix.id}'.formats`;
      problems.error(at, `format ${number}`, `a format of the catalogue: ${known.join(', ')}`, 'remove it');
    }
  }
}

function summaryOf(
  { formats, fixes, routes, schemaFields = [] }: Catalogue,
  passed: number,
): CatalogueSummary {
  const numbers = formats.map(({ number }) => number);
  const schema = eventSchemaWith(schemaFields);
  return {
    formats: numbers,
    ownFormats: numbers.filter((number) => number >= ownFormats.first),
    fixes: fixes.length,
    checks: { run: 7 * fixes.reduce((sum, { examples }) => sum + examples.length, 0), passed },
    routedTopics: [...new Set(Object.values(routes))],
    schemaFields: schemaFields.map(({ name }) => name),
    schema,
    fingerprint: schemaFingerprint(schema).toString('hex'),
  };
}
