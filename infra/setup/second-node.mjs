import { existsSync } from 'node:fs';
import { inCheckout } from './checkout.mjs';
import { run, withProgress } from './children.mjs';

const version = '24.21.0';

/**
 * The oldest Node that the Runner is for, for its tests, in .cache/node24. Beside the workspaces: as a
 * dependency it would take over node_modules/.bin/node. Without it those tests are skipped by name, so a
 * failure is only told.
 */
export async function fetchSecondNode() {
  if (process.platform !== 'linux') return;
  const name = `node-linux-${process.arch}`;
  const folder = inCheckout('.cache', 'node24');
  if (existsSync(`${folder}/node_modules/${name}/bin/node`)) return;
  const { status } = await withProgress(`fetching Node ${version} for the Runner's tests`, () =>
    run(
      'npm',
      [
        ...['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
        ...['--fetch-retries=1', '--fetch-retry-mintimeout=1000', `${name}@${version}`],
      ],
      { timeout: 60_000 },
    ),
  );
  if (status !== 0)
    console.error(`set-up: Node ${version} could not be fetched; the tests that need it are skipped`);
}
