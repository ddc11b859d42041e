import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of this checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

export const inCheckout = (...path) => join(root, ...path);

export function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Names a state of the inputs: the files' contents and this platform. A stamp with another name means: do
 * it again.
 */
export function stateOf(...files) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of files) hash.update(`\0${relative(root, file)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}

export function writeStamp(file, state) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, state);
}
