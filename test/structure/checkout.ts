import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const notSource = new Set(['node_modules', 'dist', '.cache', '.demo', '.turbo', '.git']);

/** Every TypeScript and JavaScript file of the checkout, by its path with slashes. */
export function sourceFiles(): string[] {
  return filesNamed(/\.(ts|mts|cts|js|mjs|cjs)$/);
}

/** Every file of the checkout whose name fits, by its path with slashes. */
export function filesNamed(name: RegExp, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return notSource.has(entry.name) ? [] : filesNamed(name, path);
    return name.test(entry.name) ? [path] : [];
  });
}

export function readSource(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

export function has(file: string): boolean {
  return existsSync(join(root, file));
}

export interface Manifest {
  name: string;
  private?: boolean;
  scripts?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** The package.json of every workspace, by its folder. */
export function manifests(): Map<string, Manifest> {
  const folders = ['packages', 'infra', 'test'].flatMap((top) =>
    readdirSync(join(root, top)).map((name) => `${top}/${name}`),
  );
  const found = new Map<string, Manifest>();
  for (const folder of folders) {
    try {
      found.set(folder, JSON.parse(readSource(`${folder}/package.json`)) as Manifest);
    } catch (error) {
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
  return found;
}
