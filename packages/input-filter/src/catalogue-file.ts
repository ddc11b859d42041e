import {
  builtInCatalogue,
  createPipeline,
  madeBy,
  pipelineOf,
  Problems,
  type Catalogue,
  type CatalogueProblem,
  type Pipeline,
} from '@penstock/events';
import { ConfigError, unreadableFile } from '@penstock/service';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * The pipeline of the built-in catalogue, or of the deployer's own: a TypeScript file that default-exports
 * `(events) => catalogue`, so that it imports nothing of ours and may live anywhere. Throws ConfigError.
 */
export async function loadPipeline(
  path: string | undefined,
  disabledFixes: readonly string[] = [],
): Promise<Pipeline> {
  const where = `PENSTOCK_FILTER_CATALOGUE ${path ?? '(built-in)'}`;
  const made = await orProblem(where, () => (path === undefined ? builtInCatalogue : importCatalogue(path)));
  const found = new Problems();
  const pipeline = pipelineOf(made, found);
  if (pipeline === undefined) {
    const told = found.all.map((problem) => `${where}: ${lineOf(problem)}`);
    throw new ConfigError([...told, `input-filter check-catalogue ${path ?? ''} says more`]);
  }
  if (disabledFixes.length === 0) return pipeline;
  return orProblem(`PENSTOCK_FILTER_DISABLED_FIXES with ${where}`, () =>
    createPipeline(pipeline.catalogue, { disabledFixes }),
  );
}

/** What the file makes: whatever it is. Throws what the file throws, and CatalogueError. */
export async function importCatalogue(path: string): Promise<unknown> {
  // Node's words for a file that it cannot read name this file beside it, and no reason.
  await readFile(path).catch((error: unknown) => {
    throw new Error(unreadableFile(path, error), { cause: error });
  });
  return madeBy((await import(pathToFileURL(resolve(path)).href)) as { default?: unknown });
}

/** A problem of a catalogue in one line. */
export function lineOf({ at, found, expected, action }: CatalogueProblem): string {
  return `${at}: found ${found}, expected ${expected}; ${action}`;
}

async function orProblem<T>(where: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw new ConfigError([`${where}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/**
 * A route into raw would filter its own output for ever, one into rejected or seen would make them
 * unreadable. Throws ConfigError.
 */
export function checkRoutes(
  routes: Catalogue['routes'],
  topics: { readonly raw: string; readonly rejected: string; readonly seen: string },
): void {
  const { raw, rejected, seen } = topics;
  const problems = Object.entries(routes)
    .filter(([, topic]) => [raw, rejected, seen].includes(topic) || !/^[A-Za-z0-9._-]{1,249}$/.test(topic))
    .map(([type, topic]) => `PENSTOCK_FILTER_CATALOGUE: events ${type} cannot be routed to '${topic}'`);
  if (problems.length > 0) throw new ConfigError(problems);
}
