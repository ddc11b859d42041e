import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { inCheckout, readText, root, stateOf, writeStamp } from './checkout.mjs';
import { lastLines, run } from './children.mjs';
import { MissingError } from './missing.mjs';

const source = inCheckout('packages', 'runner', 'src');
const script = inCheckout('packages', 'runner', 'build.mjs');
const built = inCheckout('packages', 'runner', 'dist', 'penstock-run.cjs');
const stamp = inCheckout('packages', 'runner', 'dist', 'set-up');
const command = inCheckout('node_modules', '.bin', 'penstock-run');

/**
 * Builds the Runner into one file and links it as node_modules/.bin/penstock-run. It is the one thing that
 * is built: it starts as root before every service, and a .ts start costs 57 ms where one .cjs file costs
 * 23.
 */
export async function buildRunner() {
  const main = join(source, 'main.ts');
  if (!existsSync(main)) return;
  const state = stateOf(inCheckout('package-lock.json'), script, ...sourceFiles());
  if (readText(stamp) !== state || !existsSync(built)) {
    const { status, output } = await run(process.execPath, [script], { cwd: root });
    if (status !== 0) throw new MissingError('the Runner could not be built:', lastLines(output, 30));
    writeStamp(stamp, state);
  }
  if (existsSync(command)) return;
  rmSync(command, { force: true }); // a link that leads nowhere
  symlinkSync('../../packages/runner/dist/penstock-run.cjs', command);
}

function sourceFiles() {
  return readdirSync(source, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => join(source, file));
}
