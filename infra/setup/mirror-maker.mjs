import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inCheckout, readText, stateOf, writeStamp } from './checkout.mjs';
import { lastLines, run, withProgress } from './children.mjs';

const pom = inCheckout('infra', 'kafka', 'mirror-maker', 'pom.xml');
const libs = inCheckout('.cache', 'mirror-maker', 'libs');
const stamp = inCheckout('.cache', 'mirror-maker', 'set-up');
const missing = inCheckout('.cache', 'mirror-maker', 'missing');

/**
 * Brings MirrorMaker 2 to .cache/mirror-maker/libs. It is a peer of a benchmark: without it its rows are
 * skipped, so nothing here fails; why it is missing stands in .cache/mirror-maker/missing.
 */
export async function fetchMirrorMaker() {
  const state = stateOf(pom);
  if (readText(stamp) === state && existsSync(libs)) return;
  const why = await withProgress('fetching MirrorMaker 2 with Maven', copyJars);
  mkdirSync(dirname(stamp), { recursive: true });
  if (why === undefined) {
    rmSync(missing, { force: true });
    return writeStamp(stamp, state);
  }
  writeFileSync(missing, `${why}\n`);
  console.error(`set-up: no MirrorMaker 2 (${why}); what is compared with it is left out`);
}

/** Why it could not; undefined when it could. */
async function copyJars() {
  const fresh = `${libs}.new`;
  rmSync(fresh, { recursive: true, force: true });
  const { status, output } = await run('mvn', [
    ...['--batch-mode', '--quiet', '--file', pom],
    'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies',
    ...[`-DoutputDirectory=${fresh}`, '-DincludeScope=runtime'],
    ...['-Daether.connector.connectTimeout=5000', '-Daether.connector.requestTimeout=30000'],
  ]);
  if (status === 127) return 'Maven was not found';
  if (status !== 0 || !existsSync(fresh)) return reasonIn(output);
  rmSync(libs, { recursive: true, force: true });
  renameSync(fresh, libs);
  return undefined;
}

/** Maven's first error says why; what follows is advice. */
function reasonIn(output) {
  return (
    /^\[(?:FATAL|ERROR)\] (?!\[ERROR\] Some problems)(.+)$/m.exec(output)?.[1] ??
    (lastLines(output, 1).join(' ') || 'Maven failed')
  );
}
