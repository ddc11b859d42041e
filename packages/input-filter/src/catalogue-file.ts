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
  try {
    return createPipeline(path === undefined ? builtInCatalogue : await importCatalogue(path), {
      disabledFixes,
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`PENSTOCK_FILTER_CATALOGUE ${path ?? '(built-in)'}: ${why}`]);
  }
}

async function importCatalogue(path: string): Promise<Catalogue> {
  const module = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  if (typeof module.default !== 'function') throw new Error('does not default-export a function');
  const make = module.default as (given: typeof events) => Catalogue;
  return make(events);
}
