import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inCheckout } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';

/** librdkafka by its command line, the client that the core is compared with. */
export const fetchKcat = () => fetchFromDebian('kcat', ['kcat'], ['kcat']);

/** What else starts a service as another user, or stands before it in a container. */
export const fetchStarters = () =>
  fetchFromDebian(
    'starters',
    ['gosu', 'runit', 's6', 'daemontools', 'tini', 'dumb-init'],
    ['gosu', 'chpst', 's6-applyuidgid', 'setuidgid', 'tini', 'dumb-init'],
  );

/**
 * Brings Debian's packages to .cache/NAME/root: unpacked and not installed. They are peers of a benchmark:
 * without them rows are skipped, so nothing here fails; why they are missing stands in .cache/NAME/missing.
 */
async function fetchFromDebian(name, packages, programs) {
  const folder = inCheckout('.cache', name);
  const files = join(folder, 'root');
  const missing = join(folder, 'missing');
  if (existsSync(files) || programs.every(isOnPath)) return;
  const what = packages.join(', ');
  const why = await withProgress(`fetching Debian's ${what}`, () => unpack(packages, folder, files));
  mkdirSync(folder, { recursive: true });
  if (why === undefined) return rmSync(missing, { force: true });
  writeFileSync(missing, `${why}\n`);
  console.error(`set-up: no ${what} (${why}); what is compared with them is left out`);
}

/** Answers why it could not, or undefined. */
async function unpack(wanted, folder, files) {
  const tree = await run('apt-cache', [
    ...['depends', '--recurse', '--no-recommends', '--no-suggests', '--no-conflicts', '--no-breaks'],
    ...['--no-replaces', '--no-enhances', ...wanted],
  ]);
  if (tree.status === 127) return 'no apt here';
  const names = tree.output.split('\n').filter((line) => /^[a-z0-9]/.test(line) && !isOfEverySystem(line));
  if (!wanted.some((name) => names.includes(name)))
    return 'apt does not know them; "apt-get update" may help';
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

/**
 * The C library must be the system's own, and Perl and dpkg are there where apt is; the rest may come
 * along.
 */
function isOfEverySystem(name) {
  return /^(libc6|libgcc-s1|libcrypt1|gcc-\d+-base|perl.*|libperl.*|debconf.*|dpkg|sysvinit-utils)(:|$)/.test(
    name,
  );
}

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((path) => path && existsSync(join(path, name)));
}
