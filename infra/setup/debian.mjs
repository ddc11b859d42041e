import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { inCheckout } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';

/** librdkafka by its command line, the client that the core is compared with. */
export const fetchKcat = () => fetchPeer('kcat', ['kcat'], ['kcat']);

/** The load generator of the Receiver's benchmark. */
export const fetchWrk = () => fetchPeer('wrk', ['wrk'], ['wrk']);

/** What else starts a service as another user, or stands before it in a container. */
export const fetchStarters = () =>
  fetchPeer(
    'starters',
    ['gosu', 'runit', 's6', 'daemontools', 'tini', 'dumb-init'],
    ['gosu', 'chpst', 's6-applyuidgid', 'setuidgid', 'tini', 'dumb-init'],
  );

async function fetchPeer(name, packages, programs) {
  if (programs.every(isOnPath)) return;
  await fetchFromDebian(name, packages, 'what is compared with them is left out');
}

/**
 * Brings Debian's packages, and what they need that this system lacks, to .cache/NAME/root: unpacked and not
 * installed. Whoever lacks them is left out, so nothing here fails; why they are missing stands in
 * .cache/NAME/missing.
 *
 * @returns whether they are there.
 */
export async function fetchFromDebian(name, packages, otherwise) {
  const folder = inCheckout('.cache', name);
  const files = join(folder, 'root');
  const missing = join(folder, 'missing');
  if (existsSync(files)) return true;
  const what = packages.join(', ');
  const why = await withProgress(`fetching Debian's ${what}`, () => unpack(packages, folder, files));
  mkdirSync(folder, { recursive: true });
  if (why === undefined) {
    rmSync(missing, { force: true });
    return true;
  }
  writeFileSync(missing, `${why}\n`);
  console.error(`set-up: no ${what} (${why}); ${otherwise}`);
  return false;
}

/** Answers why it could not, or undefined. */
async function unpack(wanted, folder, files) {
  const plan = await run('apt-get', ['-s', 'install', '--no-install-recommends', ...wanted]);
  if (plan.status === 127) return 'no apt here';
  const names = [...plan.output.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name);
  if (plan.status !== 0 || names.length === 0) return 'apt does not know them; "apt-get update" may help';
  const packages = join(folder, 'packages');
  const fresh = `${files}.new`;
  for (const path of [packages, fresh]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const download = await run('apt-get', ['download', ...names], { cwd: packages, timeout: 180_000 });
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

function isOnPath(name) {
  return (process.env.PATH ?? '').split(delimiter).some((path) => path && existsSync(join(path, name)));
}
