import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import {
  asUser,
  has,
  isRoot,
  node,
  nobody,
  runnerFile,
  runRunner,
  runThroughShell,
  startRunner,
} from './start-runner.ts';

it('the service has the process that the supervisor holds', async () => {
  const child = startRunner([...asUser, '--', '/bin/sh', '-c', 'exec echo $$']);
  const [line] = await once(child.stdout, 'data');
  expect(String(line).trim()).toBe(String(child.pid));
});

it('TERM reaches the service, which takes its time and ends with its own code', async () => {
  const script =
    'trap "sleep 0.3; echo flushed; exit 7" TERM; echo ready; while :; do sleep 0.05; done; exec true';
  const child = startRunner([...asUser, '--', '/bin/sh', '-c', script]);
  let out = '';
  child.stdout.on('data', (chunk) => {
    if (out === '') child.kill('SIGTERM');
    out += chunk;
  });
  expect(await once(child, 'close')).toEqual([7, null]);
  expect(out).toBe('ready\nflushed\n');
});

const statusLines = '^(Umask|Uid|Gid|Groups|Threads|SigBlk|SigIgn|CapInh|CapPrm|CapEff|CapAmb|NoNewPrivs):';

it.runIf(isRoot)('nothing of root is left (needs root)', () => {
  const { out, err } = runRunner([
    '--user',
    nobody,
    '--umask',
    '027',
    '--',
    'grep',
    '-E',
    statusLines,
    '/proc/self/status',
  ]);
  expect(err).toBe('');
  expect(out.replaceAll(/[\t ]+/g, ' ')).toMatchInlineSnapshot(`
    "Umask: 0027
    Uid: 65534 65534 65534 65534
    Gid: 65534 65534 65534 65534
    Groups: 
    Threads: 1
    SigBlk: 0000000000000000
    SigIgn: 0000000000000000
    CapInh: 0000000000000000
    CapPrm: 0000000000000000
    CapEff: 0000000000000000
    CapAmb: 0000000000000000
    NoNewPrivs: 1
    "
  `);
});

it.runIf(isRoot)('the groups are those asked for and no others (needs root)', () => {
  const groups = (...args: string[]) =>
    runRunner([...args, '--', 'grep', 'Groups', '/proc/self/status']).out.replaceAll(/\s+/g, ' ');
  expect(groups('--user', '4242:4243')).toBe('Groups: ');
  expect(groups('--user', '4242:4243', '--groups', '7,4244')).toBe('Groups: 7 4244 ');
  expect(groups('--user', nobody, '--groups', 'daemon')).toMatch(/^Groups: [1-9][0-9]* $/);
});

it.runIf(isRoot && has('/usr/bin/setpriv'))("the caller's groups do not stay (needs root)", () => {
  const caller = 'exec setpriv --groups=0,4242 "$@"';
  const { out } = runThroughShell(caller, ['--user', nobody, '--', 'grep', 'Groups', '/proc/self/status']);
  expect(out.trim()).toBe('Groups:');
});

it.runIf(isRoot)('a setuid program gives the service nothing (needs root)', () => {
  const { out } = runRunner([
    '--user',
    nobody,
    '--',
    'sh',
    '-c',
    'exec su -c "id -u" </dev/null 2>/dev/null || id -u',
  ]);
  expect(out).not.toMatch(/^0$/m);
});

it('inherited descriptors are closed, also those that Node overlooks', () => {
  const descriptor = openSync('/dev/null', 'r');
  const stdio: (number | 'ignore' | 'pipe')[] = Array.from({ length: 201 }, () => 'ignore');
  stdio.splice(0, 3, 'ignore', 'pipe', 'pipe');
  for (const slot of [3, 9, 20, 200]) stdio[slot] = descriptor;
  const list = ['/bin/sh', '-c', 'exec ls /proc/self/fd'];
  const descriptorsOf = (command: string[]) =>
    spawnSync(command[0] ?? '', command.slice(1), { env: {}, stdio, encoding: 'utf8' })
      .stdout?.trim()
      .split(/\s+/)
      .map(Number);
  expect(descriptorsOf(list)).toEqual(expect.arrayContaining([3, 9, 20, 200]));
  // 3 is the folder that ls itself has open.
  expect(new Set(descriptorsOf([node, runnerFile, ...asUser, '--', ...list]))).toEqual(new Set([0, 1, 2, 3]));
  closeSync(descriptor);
});

it('signals that the caller ignores work again in the service', () => {
  const line = 'trap "" HUP INT QUIT TERM USR1 USR2 PIPE; exec "$@"';
  const { out } = runThroughShell(line, [...asUser, '--', 'grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']);
  expect(out).toBe('SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

it.runIf(has('/usr/bin/perl'))(
  'signals that the caller blocks work again in the service (needs perl)',
  () => {
    const block =
      'use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGTERM, SIGUSR1, SIGCHLD, SIGHUP)); exec @ARGV';
    const { out } = runThroughShell(`exec perl -e '${block}' "$@"`, [
      ...asUser,
      '--',
      'grep',
      'SigBlk',
      '/proc/self/status',
    ]);
    expect(out).toBe('SigBlk:\t0000000000000000\n');
  },
);

it('a slow reader does not break the service: the pipe keeps no O_NONBLOCK, even after a warning', () => {
  const service = ['/bin/sh', '-c', 'dd if=/dev/zero bs=64k count=20 2>/dev/null; true'];
  const { out } = runThroughShell('"$@" 2>&1 | (sleep 0.3; wc -c)', [...asUser, '--', ...service]);
  // The warning (a shell without exec) has gone through the same pipe before.
  expect(Number(out)).toBeGreaterThan(20 * 65_536 + 50);
});

it('limits, folder and mask are set', () => {
  const script = 'ulimit -Sn; ulimit -Hn; ulimit -c; umask; pwd; exec true';
  const { out, err } = runRunner([
    ...asUser,
    '--limit',
    'nofile=100:200',
    '--limit=core=0',
    '--umask',
    '077',
    '--chdir',
    '/usr',
    '--',
    'sh',
    '-c',
    script,
  ]);
  expect({ out, err }).toEqual({ out: '100\n200\n0\n0077\n/usr\n', err: '' });
});

it("the service's environment is what was asked for", () => {
  const env = {
    SECRET: 's',
    LANG: 'C',
    PENSTOCK_A: '1',
    HOME: '/root',
    PATH: '/nowhere',
    NOTIFY_SOCKET: '@n',
  };
  const { out } = runRunner(
    [...asUser, '--keep-env', 'PENSTOCK_*', '--env', 'B=x=y z', '--env', 'HOME=/data', '--', 'env'],
    { env },
  );
  const variables = Object.fromEntries(
    out
      .trim()
      .split('\n')
      .map((line) => line.split(/=(.*)/s)),
  );
  expect(variables).toMatchObject({
    LANG: 'C',
    PENSTOCK_A: '1',
    B: 'x=y z',
    HOME: '/data',
    NOTIFY_SOCKET: '@n',
  });
  expect(variables.PATH).toContain('/usr/bin');
  expect(variables.SECRET).toBeUndefined();
});

it('arguments arrive as they are', () => {
  const args = ['', ' a  b ', '*', '$HOME', '--', '-n', 'ä✓', 'line\nbreak'];
  expect(runRunner([...asUser, '--', '/usr/bin/printf', '[%s]', ...args]).out).toBe(
    args.map((arg) => `[${arg}]`).join(''),
  );
});
