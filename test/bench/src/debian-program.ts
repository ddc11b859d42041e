import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const cache = join(import.meta.dirname, '../../../.cache');

export interface DebianProgram {
  path: string;
  /** Folders of its libraries where they are not the system's, with colons between. */
  libraries: string;
}

/**
 * A program that set-up has unpacked from Debian's packages (infra/setup/debian.mjs), or one in the PATH.
 * `folder`: its place in .cache.
 */
export function findDebianProgram(folder: string, name: string): DebianProgram | undefined {
  const root = join(cache, folder, 'root');
  const unpacked = join(root, 'usr', 'bin', name);
  if (existsSync(unpacked)) return { path: unpacked, libraries: librariesBelow(root).join(':') };
  const installed = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((path) => join(path, name))
    .find((path) => existsSync(path));
  return installed === undefined ? undefined : { path: installed, libraries: '' };
}

/** What set-up has said of it. */
export function whyNoProgram(folder: string): string {
  try {
    return readFileSync(join(cache, folder, 'missing'), 'utf8').trim();
  } catch {
    return `no ${folder} in the PATH or in .cache/${folder}`;
  }
}

/** Debian's lib/x86_64-linux-gnu and the like. */
function librariesBelow(root: string): string[] {
  return ['usr/lib', 'lib'].flatMap((name) => {
    const folder = join(root, name);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((entry) => entry.includes('linux'))
      .map((entry) => join(folder, entry));
  });
}
