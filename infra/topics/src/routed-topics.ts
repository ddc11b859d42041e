import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { madeBy, pipelineOf, Problems } from '@penstock/events';
import { ConfigError } from '@penstock/service';

/**
 * The topics that a catalogue routes events to. Throws ConfigError for a file that is no catalogue, with the
 * same words as the Input Filter.
 */
export async function routedBy(file: string): Promise<string[]> {
  const problems = new Problems();
  const made = await load(file);
  const pipeline = pipelineOf(made, problems);
  if (pipeline !== undefined) return [...new Set(Object.values(pipeline.catalogue.routes))].toSorted();
  throw new ConfigError(
    problems.all.map(({ at, found, expected }) => `${file}: ${at}: found ${found}, expected ${expected}`),
  );
}

async function load(file: string): Promise<unknown> {
  try {
    return madeBy((await import(pathToFileURL(resolve(file)).href)) as { default?: unknown });
  } catch (error) {
    throw new ConfigError([`${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
