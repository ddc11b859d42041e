import * as events from '@penstock/events';
import { builtInCatalogue, createPipeline, type Catalogue, type Pipeline } from '@penstock/events';
import { ConfigError } from '@penstock/service';
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
  const catalogue = await orProblem(where, () =>
    path === undefined ? builtInCatalogue : importCatalogue(path),
  );
  await orProblem(where, () => createPipeline(catalogue));
  return orProblem(`PENSTOCK_FILTER_DISABLED_FIXES with ${where}`, () =>
    createPipeline(catalogue, { disabledFixes }),
  );
}

async function orProblem<T>(where: string, make: () => T | Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    throw new ConfigError([`${where}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

async function importCatalogue(path: string): Promise<Catalogue> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  if (typeof module.default !== 'function') throw new Error('does not default-export a function');
  const make = module.default as (given: typeof events) => Catalogue | undefined;
  return asCatalogue(make(events));
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

/**
 * Its parts are there; whether they agree is for createPipeline to say. Its author may have written plain
 * JavaScript.
 */
function asCatalogue(made: Catalogue | undefined): Catalogue {
  if (typeof made !== 'object' || made === null) throw new Error('its function returns no catalogue');
  const missing = Object.keys(builtInCatalogue).filter((part) => made[part as keyof Catalogue] === undefined);
  if (missing.length > 0) throw new Error(`the catalogue lacks ${missing.join(', ')}`);
  return made;
}
