import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { checkout } from '../checkout.ts';
import { choosePrivileges } from './privileges.ts';

const root = process.getuid?.() === 0;
/** A checkout below a closed folder is run as root, which is another test's. */
const readable =
  root &&
  spawnSync('/bin/test', ['-r', join(checkout, 'package.json')], { uid: 65_534, gid: 65_534 }).status === 0;

test.skipIf(!readable)(
  'root becomes user 65534 when that user can read everything (needs root)',
  async () => {
    const privileges = await choosePrivileges([]);
    expect(privileges).toMatchObject({ user: '65534:65534', owner: { uid: 65_534, gid: 65_534 } });
    expect(privileges.launcher).toContain('--user');
    expect(whoRuns(privileges.launcher)).toBe('65534:65534');
  },
);

test.skipIf(!root)(
  'root stays root where that user cannot read, and says what to mend in one line (needs root)',
  async () => {
    const folder = mkdtempSync('/tmp/penstock-closed-');
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'file'), '');
    const privileges = await choosePrivileges([join(folder, 'file')]);
    expect(privileges).toMatchObject({ user: '0:0', owner: undefined });
    expect(privileges.sentence).toContain(`this user may not enter ${folder}`);
    expect(privileges.sentence).toContain('chmod o+rX');
    expect(privileges.sentence).not.toContain('\n');
    expect(whoRuns(privileges.launcher)).toBe('0:0');
  },
);

test.skipIf(root)(
  'without root everything runs as who started it (needs another user than root)',
  async () => {
    const privileges = await choosePrivileges([]);
    expect(privileges.owner).toBeUndefined();
    expect(whoRuns(privileges.launcher)).toBe(privileges.user);
  },
);

test('NODE_OPTIONS of the caller reach neither the Runner nor what it becomes', async () => {
  vi.stubEnv('NODE_OPTIONS', '--no-warnings');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { launcher } = await choosePrivileges([]);
  expect(run(launcher, 'process.env.NODE_OPTIONS')).toBe('undefined');
});

function whoRuns(launcher: readonly string[]): string {
  return run(launcher, '`${process.getuid()}:${process.getgid()}`');
}

function run(launcher: readonly string[], expression: string): string {
  const [program, ...args] = [...launcher, process.execPath, '-p', expression];
  // No terminal of ours may stay with a process of another user.
  const ended = spawnSync('setsid', ['--wait', program, ...args], { encoding: 'utf8', env: process.env });
  return ended.stdout.trim() || ended.stderr;
}
