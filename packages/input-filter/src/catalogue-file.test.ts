import { ConfigError } from '@penstock/service';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkRoutes, loadPipeline } from './catalogue-file.ts';

async function fileOf(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'penstock-catalogue-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'catalogue.mjs');
  await writeFile(path, source);
  return path;
}

test.each([
  ['a file without a default export', 'export const a = 1', 'does not default-export a function'],
  ['a file that is no program', 'export default (', 'parse'], // vitest's words; Node has others
  ['a function that throws', 'export default () => { throw new Error("not today") }', 'not today'],
  ['a function that returns nothing', 'export default () => {}', 'returns no catalogue'],
  ['a catalogue without its parts', 'export default () => ({ formats: [] })', 'upgrades: found nothing'],
  ['a function that is async', 'export default async () => ({})', 'returns a promise'],
  [
    'a catalogue that contradicts itself',
    'export default (events) => ({ ...events.builtInCatalogue, upgrades: [] })',
    'no upgrade',
  ],
])('%s is a problem of the configuration that says why', async (_, source, why) => {
  const path = await fileOf(source);
  const loading = loadPipeline(path);
  await expect(loading).rejects.toBeInstanceOf(ConfigError);
  await expect(loading).rejects.toThrow(why);
  await expect(loading).rejects.toThrow(`PENSTOCK_FILTER_CATALOGUE ${path}`);
});

test.each([
  ['/nowhere/catalogue.ts', 'there is no /nowhere/catalogue.ts'],
  ['/etc', '/etc is a folder, not a file'],
])('a catalogue at %s is one line that says why', async (path, why) => {
  await expect(loadPipeline(path)).rejects.toMatchObject({
    problems: [`PENSTOCK_FILTER_CATALOGUE ${path}: ${why}`],
  });
});

test('a fix that is switched off but does not exist is told under its own knob', async () => {
  await expect(loadPipeline(undefined, ['no-such-fix'])).rejects.toThrow(
    /PENSTOCK_FILTER_DISABLED_FIXES.*no-such-fix/,
  );
});

test('events are routed to topics of their own only', () => {
  const topics = { raw: 'raw', rejected: 'rejected', seen: 'seen' };
  expect(() => checkRoutes({ purchase: 'clean.purchase' }, topics)).not.toThrow();
  for (const topic of ['raw', 'rejected', 'seen', 'no topic', '']) {
    expect(() => checkRoutes({ purchase: topic }, topics)).toThrow(`purchase cannot be routed to '${topic}'`);
  }
});
