import { runToEnd } from '@penstock/test-process';
import { expect, test, vi } from 'vitest';

// Each starts a process, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** The start of a service as another version of Node would see it. */
function startAs(version: string, file: string) {
  const pretend = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } })`;
  const main = new URL(`../../${file}`, import.meta.url).pathname;
  return runToEnd([process.execPath, '--import', `data:text/javascript,${pretend}`, main, '--help']);
}

test.each([
  ['22.23.5', 'receiver/src/main.ts'],
  ['24.11.9', 'input-filter/src/main.ts'],
  ['18.20.8', 'mirror/bin/mirror.mjs'],
  ['20.20.2', 'prober/bin/prober.mjs'],
])('Node %s is told in words which one %s needs', async (version, file) => {
  const { exitCode, stdout, stderr } = await startAs(version, file);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toContain(`Penstock needs Node 24.12 or newer, and this is Node ${version}`);
  expect(stderr).toContain('node_modules/.bin/node');
  expect(stderr).not.toContain('    at ');
});

test.each([
  ['24.12.0', 'receiver/bin/receiver.mjs'],
  ['26.0.0', 'receiver/src/main.ts'],
  ['100.1.0', 'receiver/src/main.ts'],
])('Node %s starts %s', async (version, file) => {
  expect(await startAs(version, file)).toMatchObject({ exitCode: 0, stderr: '' });
});
