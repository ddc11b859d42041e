import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inCheckout } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';

const folder = inCheckout('.cache', 'kcat');
const files = join(folder, 'root');
const program = join(files, 'usr', 'bin', 'kcat');
/** Why there is no kcat, for the benchmark's skipped row. */
const missing = join(folder, 'missing');

/**
 * Brings kcat, the librdkafka that is compared with, to .cache/kcat: Debian's packages, unpacked and not installed. It is
 * a peer of a benchmark: without it a row is skipped, so nothing here fails.
 */
export async function fetchKcat() {
  if (existsSync(program) || isOnPath('kcat')) return;
  const why = await withProgress("fetching Debian's kcat", unpackKcat);
  mkdirSync(folder, { recursive: true });
  if (why === undefined) return rmSync(missing, { force: true });
  writeFileSync(missing, `${why}\n`);
  console.error(`set-up: no kcat (${why}); what is compared with it is left out`);
}

/** Answers why it could not, or undefined. */
async function unpackKcat() {
  const tree = await run('apt-cache', [
    ...['depends', '--recurse', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks'],
    ...['--no-replaces', '--no-enhances', 'kcat'],
  ]);
  if (tree.status === 127) return 'no apt here, and no kcat in the PATH';
  const names = tree.output.split('\n').filter((line) => /^[a-z0-9]/.test(line) && !isOfEverySystem(line));
  if (!names.includes('kcat')) return 'apt knows no package kcat; "apt-get update" may help';
  const packages = join(folder, 'packages');
  const fresh = `${files}.new`;
  for (const path of [packages, fresh]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const download = await run('apt-get', ['download', ...names], { cwd: packages, timeout: 60_000 });
  if (download.status !== 0) return `apt-get download: ${lastLines(download.output, 1).join('')}`;
  for (const file of readdirSync(packages)) {
    const unpacked = await run('dpkg', ['-x', join(packages, file), fresh]);
    if (unpacked.status !== 0) return `dpkg -x ${file}: ${lastLines(unpacked.output, 1).join('')}`;
  }
  rmSync(files, { recursive: true, force: true });
  renameSync(fresh, files);
  rmSync(packages, { recursive: true, force: true });
  return undefined;
}

/** The C library must be the system's own; the rest may come along. */
function isOfEverySystem(name) {
  return /^(libc6|libgcc-s1|libcrypt1|gcc-\d+-base)(:|$)/.test(name);
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((path) => path && existsSync(join(path, name)));
}
