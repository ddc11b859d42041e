import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium, startBrowser } from '@penstock/test-browser';

// npm run screenshots -w @penstock/prober [-- URL]
// Takes the pictures of docs/live-page.md of a page that is open: that of the running demo, or another one.

const checkout = join(import.meta.dirname, '../../..');
const folder = join(checkout, 'docs/live-page');
const shots = [
  { name: 'light', width: 1_200, scheme: 'light' },
  { name: 'dark', width: 1_200, scheme: 'dark' },
  { name: 'phone', width: 390, scheme: 'light' },
] as const;

process.exitCode = await main(process.argv[2] ?? (await pageOfDemo()));

async function main(url: string | undefined): Promise<number> {
  if (chromium === undefined) return fail('no Chromium here: apt-get install chromium');
  if (url === undefined) return fail('no demo runs: start "npm run demo -- --datacenters 4", or name a page');
  await using browser = await startBrowser(chromium);
  const page = await browser.open(url);
  for (let tries = 0; (await page.evaluate('document.querySelectorAll(".hop").length')) === 0; tries++) {
    if (tries > 100) return fail(`${url} shows no datacenter after 10 s`);
    await sleep(100);
  }
  await mkdir(folder, { recursive: true });
  for (const { name, ...look } of shots) {
    const path = join(folder, `${name}.png`);
    await writeFile(path, await page.screenshot(look));
    process.stdout.write(`${path}\n`);
  }
  return 0;
}

async function pageOfDemo(): Promise<string | undefined> {
  const file = await readFile(join(checkout, '.demo/cluster.json'), 'utf8').catch(() => '{}');
  const { state, prober } = JSON.parse(file) as { state?: string; prober?: { page: string } };
  return state === 'running' ? prober?.page : undefined;
}

function fail(problem: string): 1 {
  process.stderr.write(`${problem}\n`);
  return 1;
}
