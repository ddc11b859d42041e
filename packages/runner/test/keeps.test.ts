import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { asUser, has, isRoot, node, nobody, runnerFile, runRunner, runThroughShell } from './start-runner.ts';

const statusOf = (...args: string[]) => [...args, '--', 'cat', '/proc/self/status'];

describe.runIf(isRoot && has('/usr/bin/setpriv'))('--ambient-caps (needs root)', () => {
  const lines = /^(Uid|Gid|Groups|SigBlk|SigIgn|Cap\w+|NoNewPrivs):.*$/gm;
  const capabilities = (...args: string[]) =>
    runRunner(statusOf('--user', nobody, '--ambient-caps', 'net_bind_service', ...args));

  it('leaves the service these, nothing else of root, and no way to more', () => {
    const { out, err } = capabilities('--groups', '7');
    expect(err).toBe('');
    expect(
      out
        .match(lines)
        ?.join('\n')
        .replaceAll(/[\t ]+/g, ' '),
    ).toMatchInlineSnapshot(`
      "Uid: 65534 65534 65534 65534
      Gid: 65534 65534 65534 65534
      Groups: 7 
      SigBlk: 0000000000000000
      SigIgn: 0000000000000000
      CapInh: 0000000000000400
      CapPrm: 0000000000000400
      CapEff: 0000000000000400
      CapBnd: 0000000000000400
      CapAmb: 0000000000000400
      NoNewPrivs: 1"
    `);
  });

  it('also without no_new_privs', () => {
    expect(capabilities('--no-new-privs=off').out).toMatch(/^CapAmb:\t0+400$/m);
  });

  it('still checks as the user whether the command can be executed', () => {
    const codeOf = (command: string) =>
      runRunner(['--user', nobody, '--ambient-caps', 'net_raw', '--', command]).code;
    expect([codeOf('/no/such'), codeOf('/etc/passwd'), codeOf('/root/x')]).toEqual([127, 126, 126]);
  });

  it('enters the folder of --chdir, and refuses one that the user may not enter', () => {
    const folder = (path: string) =>
      runRunner(['--user', nobody, '--ambient-caps', 'net_raw', '--chdir', path, '--', 'pwd']);
    expect(folder('/usr').out).toBe('/usr\n');
    expect(folder('/root')).toMatchObject({ code: 125, out: '' });
  });

  it('and refuses variables that setpriv would load as root', () => {
    const { code, out, err } = capabilities('--env', 'LD_PRELOAD=/tmp/of-the-service.so');
    expect([code, out]).toEqual([125, '']);
    expect(err).toContain('LD_PRELOAD with --ambient-caps');
  });

  it.each(['setuid', 'sys_admin', 'all', 'net_bind_service,', ''])('%j is refused', (name) => {
    expect(runRunner(['--user', nobody, '--ambient-caps', name, '--', 'echo', 'ran'])).toMatchObject({
      code: 125,
      out: '',
    });
  });

  it('are refused where they cannot be had', () => {
    const options = ['--ambient-caps', 'net_bind_service', '--', 'echo', 'ran'];
    const withoutRoot = 'exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"';
    expect(runThroughShell(withoutRoot, options)).toMatchObject({ code: 125, out: '' });
    const withoutTheRight = 'exec setpriv --bounding-set=-net_bind_service "$@"';
    expect(runThroughShell(withoutTheRight, ['--user', nobody, ...options])).toMatchObject({
      code: 125,
      out: '',
    });
    expect(runRunner(['--allow-root', ...options])).toMatchObject({ code: 125, out: '' });
  });

  it("a process that is the user already keeps what systemd's AmbientCapabilities= gave it", () => {
    const caps =
      '--inh-caps=+net_bind_service --ambient-caps=+net_bind_service --bounding-set=-all,+net_bind_service';
    const line = `exec setpriv --reuid=65534 --regid=65534 --clear-groups ${caps} "$@"`;
    const { out, err } = runThroughShell(line, statusOf('--ambient-caps', 'net_bind_service'));
    expect(err).toBe('');
    expect(out).toMatch(/^CapAmb:\t0+400$/m);
  });
});

describe('--keep-fd', () => {
  const list = ['--', '/bin/sh', '-c', 'exec ls /proc/self/fd'];
  const withDescriptors = (slots: number[], args: string[]) => {
    const open = slots.map((slot) => `exec ${slot}</dev/null; `).join('');
    const { stdout, stderr, status } = spawnSync(
      '/bin/bash',
      ['-c', `${open}exec "$@"`, 'bash', node, runnerFile, ...args],
      { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
    );
    return { code: status, out: stdout, err: stderr };
  };

  it.runIf(has('/bin/bash'))('keeps what Node has not marked, and closes the rest (needs bash)', () => {
    const { out, err } = withDescriptors([20, 22, 200, 251], [...asUser, '--keep-fd', '20,251', ...list]);
    expect(err).toBe('');
    expect(
      out
        .trim()
        .split('\n')
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual([0, 1, 2, 3, 20, 251]);
  });

  it.runIf(has('/bin/bash'))('refuses what would be lost (needs bash)', () => {
    for (const descriptor of ['3', '9', '77']) {
      const { code, out, err } = withDescriptors([3, 9], [...asUser, '--keep-fd', descriptor, ...list]);
      expect({ code, out, err }).toEqual({
        code: 125,
        out: '',
        err: expect.stringContaining(`descriptor ${descriptor} cannot be kept`),
      });
    }
  });

  it.each(['2', '-1', 'x', '', '20,'])('%j is refused', (numbers) => {
    expect(runRunner([...asUser, '--keep-fd', numbers, ...list])).toMatchObject({ code: 125, out: '' });
  });

  it.runIf(has('/bin/bash') && has('/usr/bin/perl'))(
    'passes a listening socket on: the caller moves it up, and the service down again (needs bash and perl)',
    () => {
      const listen =
        'use POSIX; use IO::Socket::INET; $^F = 99; ' +
        '$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1"); ' +
        'POSIX::dup2(fileno($s), 3); exec @ARGV';
      const up = 'exec 20<&3 3<&-; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"';
      const down =
        'exec 3<&20 20<&-; [ "$LISTEN_PID" = $$ ] && echo "$LISTEN_FDS is mine"; ' +
        'exec readlink /proc/self/fd/3';
      const { stdout, stderr } = spawnSync(
        'perl',
        [
          ...['-e', listen, '/bin/bash', '-c', up, 'bash'],
          ...[node, runnerFile, ...asUser, '--keep-fd', '20', '--', '/bin/bash', '-c', down],
        ],
        { env: { PATH: '/usr/bin:/bin' }, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      );
      expect({ stdout, stderr }).toEqual({
        stdout: expect.stringMatching(/^1 is mine\nsocket:/),
        stderr: '',
      });
    },
  );

  it('without it LISTEN_FDS is dropped, and a warning says so', () => {
    const { out, err } = runRunner([...asUser, '--', 'env'], { env: { LISTEN_FDS: '1', LISTEN_PID: '7' } });
    expect(out).not.toContain('LISTEN');
    expect(err).toContain('see --keep-fd');
  });
});
