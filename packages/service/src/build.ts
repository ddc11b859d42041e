import { readFileSync } from 'node:fs';

/** What runs: the version of the checkout, and Node's. */
export function buildOf(): { version: string; node: string } {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  return { version, node: process.versions.node };
}
