import { checkCatalogue, schemaFingerprint, type AvroRecord, type ReleasedSchema } from '@penstock/events';
import { UsageError, type FreeCommand } from '@penstock/service';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRoutes, importCatalogue, lineOf } from '../catalogue-file.ts';

type Report = ReturnType<typeof checkCatalogue>;

/** Says everything that is wrong with a catalogue, without a broker and without traffic. */
export const checkCatalogueCommand: FreeCommand = {
  about:
    'says what is wrong with a catalogue of your own, and runs its examples; ends with 1 when there is an ' +
    'error (docs/catalogue.md)',
  operand: 'FILE',
  synopsis: '[--history DIR] [--write-schema DIR] [--json]',
  flags: {
    history: {
      value: 'DIR',
      about: 'schemas that were released (*.avsc): the schema must be compatible with all of them',
    },
    'write-schema': {
      value: 'DIR',
      about: 'writes the schema there, unless it is there or there is an error',
    },
    json: { about: 'prints the report as JSON' },
  },
  async free(env, given) {
    const file = given.operand ?? env['PENSTOCK_FILTER_CATALOGUE'];
    if (file === undefined) throw new UsageError('which FILE? PENSTOCK_FILTER_CATALOGUE is not set either');
    await access(file).catch((error: unknown) => {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    });
    const history = given.text('history');
    const released = history === undefined ? [] : await releasedIn(history);
    const report = await reportOf(file, released);
    const errors = report.problems.filter(({ severity }) => severity === 'error').length;
    const into = given.text('write-schema');
    const written =
      into === undefined || errors > 0 || report.summary === undefined
        ? undefined
        : await writeSchema(report.summary.schema, into);
    const text = given.has('json') ? jsonOf(file, report, written) : textOf(file, report, written);
    return { text, exitCode: errors === 0 ? 0 : 1 };
  },
};

/** Prints the types for catalogues, so that they are those of this version. */
export const catalogueTypes: FreeCommand = {
  about: 'prints penstock-catalogue.d.ts, the types for a catalogue of your own',
  async free() {
    const types = fileURLToPath(import.meta.resolve('@penstock/events/penstock-catalogue.d.ts'));
    return (await readFile(types, 'utf8')).trimEnd();
  },
};

async function reportOf(file: string, released: readonly ReleasedSchema[]): Promise<Report> {
  let made: unknown;
  try {
    made = await importCatalogue(file);
  } catch (error) {
    const found = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    const action =
      'correct it so that `node FILE` runs; it may import files beside it, and nothing of Penstock';
    const expected = 'a file that default-exports (events) => catalogue';
    return { problems: [{ severity: 'error', at: file, found, expected, action }], summary: undefined };
  }
  const report = checkCatalogue(made, released);
  return { ...report, problems: [...report.problems, ...routeProblems(report)] };
}

/** As the filter would refuse them with the topics' usual names. */
function routeProblems({ summary }: Report): Report['problems'] {
  const topics = { raw: 'events.raw', rejected: 'events.rejected', seen: 'events.seen' };
  return (summary?.routedTopics ?? []).flatMap((topic) => {
    try {
      checkRoutes({ routed: topic }, topics);
      return [];
    } catch {
      const expected = 'a clean topic of its own';
      const action = 'events there would be filtered again, or be unreadable: choose another name';
      return [{ severity: 'error' as const, at: 'routes', found: topic, expected, action }];
    }
  });
}

/** Throws UsageError for a folder that cannot be read, or that holds something else. */
async function releasedIn(folder: string): Promise<ReleasedSchema[]> {
  try {
    const names = (await readdir(folder)).filter((name) => name.endsWith('.avsc')).toSorted();
    const read = async (name: string) => {
      const schema = JSON.parse(await readFile(join(folder, name), 'utf8')) as AvroRecord;
      if (!Array.isArray(schema.fields)) throw new Error(`${name} is no record`);
      return { name, schema };
    };
    return await Promise.all(names.map(read));
  } catch (error) {
    throw new UsageError(`--history: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Under its fingerprint, as consumers look it up. Never changes a file. @returns the path. */
async function writeSchema(schema: AvroRecord, folder: string): Promise<string> {
  const path = join(folder, `event-4-${schemaFingerprint(schema).toString('hex')}.avsc`);
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, `${JSON.stringify(schema, null, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new UsageError(`--write-schema: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return path;
}

function jsonOf(file: string, { problems, summary }: Report, written: string | undefined): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  const { schema: _, ...told } = summary ?? { schema: undefined };
  const schemaFile = written === undefined ? {} : { schemaFile: written };
  return JSON.stringify({ file, ok: errors === 0, problems, ...told, ...schemaFile }, null, 2);
}

function textOf(file: string, { problems, summary }: Report, written: string | undefined): string {
  const lines = problems.map((problem) => `${problem.severity}  ${lineOf(problem)}`);
  if (summary !== undefined) {
    const { formats, ownFormats, fixes, checks, routedTopics, schemaFields, fingerprint } = summary;
    lines.push(
      `formats: ${formats.join(', ')}${ownFormats.length > 0 ? `; own routes: ${routesOf(ownFormats)}` : ''}`,
      `fixes: ${fixes}; checks passed: ${checks.passed} of ${checks.run}`,
      `topics beside events.clean: ${routedTopics.join(', ') || 'none'}`,
      `schema fields: ${schemaFields.join(', ') || 'none'}; fingerprint of the schema: ${fingerprint}`,
    );
  }
  if (written !== undefined) lines.push(`the schema is in ${written}`);
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  lines.push(errors === 0 ? `${file} can be used` : `${file} cannot be used: ${errors} errors`);
  return lines.join('\n');
}

/** What to give the Receiver. */
function routesOf(formats: readonly number[]): string {
  return `PENSTOCK_RECEIVER_ROUTES=${formats.map((format) => `/path/of/yours=${format}`).join(',')}`;
}
