import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asUser, has, isRoot, node, nobody, runnerFile, runRunner, temporaryFolder } from './start-runner.ts';

const stalePidFile = '4194304\n1\n';
const contentOf = (file: string) => (existsSync(file) ? readFileSync(file, 'utf8') : 'none');

describe('a start that is refused leaves no pid file', () => {
  const refusals: [string, number, string[]][] = [
    ['the command is not there', 127, ['--', '/no/such']],
    ['it cannot be executed', 126, ['--', '/etc/passwd']],
    ['its folder cannot be entered', 125, ['--chdir', '/no/such', '--', 'true']],
    ['a file cannot be read', 125, ['--must-read', '/no/such', '--', 'true']],
    ['a descriptor cannot be kept', 125, ['--keep-fd', '77', '--', 'true']],
    ['a limit cannot be set', 125, ['--limit', 'nofile=2000000000', '--', 'true']],
    ['no program fits into its memory', 126, ['--limit', 'stack=4096', '--', 'true']],
    ['the user is refused', 125, ['--user', '0:0', '--', 'true']],
  ];
  it.each(refusals)('%s', (_name, code, line) => {
    const file = join(temporaryFolder(), 'service.pid');
    const user = line.includes('--user') ? [] : asUser;
    const started = runRunner([...user, '--pid-file', file, ...line]);
    expect({ code: started.code, file: contentOf(file) }).toEqual({ code, file: 'none' });
  });

  it('and one that is there of an earlier service stays as it is', () => {
    const file = join(temporaryFolder(), 'service.pid');
    writeFileSync(file, stalePidFile);
    expect(runRunner([...asUser, '--pid-file', file, '--', '/no/such']).code).toBe(127);
    expect(contentOf(file)).toBe(stalePidFile);
  });

  it('also where it could not be filled', () => {
    const file = join(temporaryFolder(), 'service.pid');
    const shell = `ulimit -f 0; exec "$@"`;
    const line = ['-c', shell, 'sh', node, runnerFile, ...asUser, '--pid-file', file, '--', 'true'];
    const { status, stderr } = spawnSync('/bin/sh', line, { env: {}, encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 125, stderr: expect.stringContaining('EFBIG') });
    expect(contentOf(file)).toBe('none');
  });

  it.runIf(isRoot && has('/usr/sbin/setcap') && has('/usr/sbin/getcap'))(
    'also where the program demands a capability that its user may not have (needs root and setcap)',
    () => {
      const folder = temporaryFolder();
      const [program, file] = [join(folder, 'program'), join(folder, 'service.pid')];
      copyFileSync('/bin/true', program);
      chmodSync(program, 0o755);
      if (spawnSync('/usr/sbin/setcap', ['cap_net_raw+ep', program]).status !== 0) return;
      const line = [
        '--user',
        nobody,
        '--ambient-caps',
        'net_bind_service',
        '--pid-file',
        file,
        '--',
        program,
      ];
      expect(runRunner(line)).toMatchObject({ code: 126, err: expect.stringContaining('net_raw') });
      expect(contentOf(file)).toBe('none');
    },
  );
});

it('a limit on the size of files does not concern the pid file', () => {
  const file = join(temporaryFolder(), 'service.pid');
  const { code, err } = runRunner([...asUser, '--pid-file', file, '--limit', 'fsize=100', '--', 'true']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(contentOf(file)).toMatch(/^\d+\n\d+\n$/);
});

it('of starts at the same time over a stale file one runs, and the file names that one', async () => {
  const file = join(temporaryFolder(), 'service.pid');
  for (let round = 0; round < 10; round++) {
    writeFileSync(file, stalePidFile);
    const line = [runnerFile, ...asUser, '--pid-file', file, '--', '/bin/sh', '-c', 'echo up; exec sleep 60'];
    const starts = Array.from({ length: 4 }, () => {
      const child = spawn(node, line, { env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
      return { child, settled: Promise.race([once(child.stdout, 'data'), once(child, 'exit')]) };
    });
    await Promise.all(starts.map(({ settled }) => settled));
    const running = starts.filter(({ child }) => child.exitCode === null).map(({ child }) => child);
    for (const child of running) child.kill('SIGKILL');
    await Promise.all(running.map((child) => once(child, 'close')));
    expect(running.map(({ pid }) => String(pid))).toEqual([contentOf(file).split('\n')[0]]);
    expect(readdirSync(join(file, '..'))).toEqual(['service.pid']);
  }
});

const straceProgram = '/usr/bin/strace';
/** A start that is killed as it enters this system call, counted among those that concern the pid file. */
const deaths: [string, string[], string][] = [
  ['before it opens the file', ['-P', 'FILE', '--inject=openat:signal=KILL:when=2'], 'none or stale'],
  ['before it opens it to everybody', ['--inject=fchmod:signal=KILL'], 'none or stale'],
  ['before it takes the stale one away', ['-P', 'FILE', '--inject=rename:signal=KILL'], 'none or stale'],
  ['before it gives it its name', ['--inject=link:signal=KILL'], 'none or stale'],
  ['before it removes the name it made it by', ['--inject=unlink:signal=KILL:when=3'], 'names the dead'],
  ['before it lets root go', ['--inject=setuid:signal=KILL'], 'names the dead'],
  ['before it becomes setpriv', ['--inject=execve:signal=KILL:when=2'], 'names the dead'],
];

describe.runIf(isRoot && has(straceProgram))(
  'what a death leaves, stop and the next start know (needs strace)',
  () => {
    it.each(deaths)('%s', (_name, filter, left) => {
      const folder = temporaryFolder();
      const file = join(folder, 'service.pid');
      writeFileSync(file, stalePidFile);
      const options = filter.map((word) => (word === 'FILE' ? file : word));
      const trace = join(folder, 'trace');
      const line = [...options, '-o', trace, node, runnerFile, ...asUser, '--pid-file', file, '--', 'true'];
      const died = spawnSync(straceProgram, line, { env: {}, encoding: 'utf8' });
      expect(died.signal ?? died.status, died.stderr).toBe('SIGKILL');
      const content = contentOf(file);
      const state =
        content === ''
          ? 'empty'
          : content === stalePidFile || content === 'none'
            ? 'none or stale'
            : 'names the dead';
      expect(state).toBe(left);
      expect(runRunner(['stop', '--pid-file', file]).code).toBe(3);
      expect(runRunner([...asUser, '--pid-file', file, '--', 'true'])).toEqual({ code: 0, out: '', err: '' });
      expect(contentOf(file)).toMatch(/^\d+\n\d+\n$/);
    });
  },
);
