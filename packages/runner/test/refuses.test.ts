import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asUser,
  has,
  isRoot,
  node,
  nobody,
  runnerFile,
  runRunner,
  runThroughShell,
  temporaryFolder,
  writeScript,
} from './start-runner.ts';

const started = 'the service ran';
const service = ['--', '/bin/echo', started];
const refused = { code: 125, out: '' };

describe('users that other tools run as root are refused', () => {
  const wrong = [
    '',
    ':',
    ':0',
    ':nogroup',
    '0',
    '-1',
    '-1:-1',
    '4294967295',
    '4294967296:4294967296',
    '4294967295:4294967295',
    '18446744073709551616:0',
  ];
  it.each([
    ...wrong,
    '0day',
    '4foo:4',
    ' nobody',
    'nobody ',
    '1e1:1',
    '0x0:0x0',
    '65534',
    '65534:',
    'no-such-user',
    '65534:no-such-group',
  ])('--user %j', (user) => {
    expect(runRunner(['--user', user, ...service])).toMatchObject(refused);
    expect(runRunner([`--user=${user}`, ...service])).toMatchObject(refused);
  });

  it('an unset variable in a unit is an empty user, not root', () => {
    expect(
      runThroughShell('unset KAFKA_USER; exec "$1" "$2" --user "$KAFKA_USER" -- /bin/id', []),
    ).toMatchObject(refused);
    expect(
      runThroughShell('unset KAFKA_USER; exec "$1" "$2" --user $KAFKA_USER -- /bin/id', []),
    ).toMatchObject(refused);
  });
});

describe.runIf(isRoot)('root only when asked (needs root)', () => {
  it.each([
    [],
    ['--user', 'root'],
    ['--user', '0:0'],
    ['--user', '0:65534'],
    ['--user', '65534:0'],
    ['--user', nobody, '--groups', '0'],
  ])('%j %j %j %j', (...args) => {
    const { code, err } = runRunner([...args.filter((arg) => arg !== undefined), ...service]);
    expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('--allow-root') });
  });

  it('--allow-root runs as root, all else being the same', () => {
    const { out } = runRunner(['--allow-root', '--', 'grep', '-E', '^(Uid|NoNewPrivs)', '/proc/self/status']);
    expect(out).toBe('Uid:\t0\t0\t0\t0\nNoNewPrivs:\t1\n');
  });
});

describe("what Node takes for its own, even behind --, is not the service's to name", () => {
  it.each([
    [['--experimental-default-config-file', ...service]],
    [[...service, '--experimental-default-config-file']],
    [[...service, '--experimental-config-file=node.config.json']],
    [['--env-file-if-exists=/no/such', ...service]],
  ])('%j', (args) => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'node.config.json'), '{}');
    expect(runRunner([...asUser, ...args], { cwd: folder })).toMatchObject(refused);
  });
});

it.runIf(isRoot && has('/usr/bin/setpriv'))(
  'half a root is refused: installed setuid, or without the right to change users (needs root)',
  () => {
    const start = (caller: string) =>
      runThroughShell(`exec setpriv ${caller} "$@"`, ['--user', nobody, ...service]);
    expect(start('--ruid=65534')).toMatchObject({ ...refused, err: expect.stringContaining('setuid') });
    for (const right of ['setuid', 'setgid'])
      expect(start(`--bounding-set=-${right}`)).toMatchObject({
        ...refused,
        err: expect.stringContaining('CAP_SETUID'),
      });
  },
);

it.runIf(isRoot && has('/usr/bin/unshare'))(
  'a tool that others than root could change is refused before it runs (needs root, mount namespaces)',
  ({ skip }) => {
    const folder = temporaryFolder();
    const tool = writeScript(join(folder, 'tool'), `#!/bin/sh\ntouch ${folder}/ran\n`);
    chownSync(tool, 65534, 65534);
    const over = (name: string, ...args: string[]) =>
      runThroughShell(
        `exec unshare -m sh -c 'mount --bind ${tool} /usr/bin/${name} && exec "$@"' sh "$@"`,
        args,
      );
    if (over('getent', '--explain', '--user', nobody, '--', 'true').code !== 0)
      skip('no mount namespaces here');
    const tools: [string, string[]][] = [
      ['getent', ['--user', 'somebody-of-ldap']],
      ['id', ['--user', 'nobody', '--init-groups']],
      ['prlimit', ['--user', nobody, '--limit', 'core=0']],
      ['setpriv', ['--user', nobody]],
    ];
    for (const [name, options] of tools) {
      const { code, out, err } = over(name, ...options, ...service);
      expect({ code, out, err }).toEqual({
        ...refused,
        err: expect.stringContaining(`/usr/bin/${name} runs as root`),
      });
    }
    expect(has(join(folder, 'ran'))).toBe(false);
  },
);

it('a Node flag that would leave USR1 blocked in the service is refused', () => {
  const line = 'node=$1; shift; exec "$node" --disable-sigusr1 "$@"';
  const { code, out, err } = runThroughShell(line, [...asUser, ...service]);
  expect({ code, out, err }).toEqual({ ...refused, err: expect.stringContaining('blocked') });
});

it
  .runIf(isRoot)
  .each([
    'NODE_OPTIONS',
    'NODE_PATH',
    'NODE_COMPILE_CACHE',
    'NODE_V8_COVERAGE',
    'NODE_REDIRECT_WARNINGS',
    'OPENSSL_CONF',
    'LD_LIBRARY_PATH',
  ])('%s of root is refused (needs root)', (name) => {
  const value = name === 'NODE_OPTIONS' ? '--no-deprecation' : temporaryFolder();
  const { code, err } = runRunner(['--user', nobody, ...service], { env: { [name]: value } });
  expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining(`env -u ${name}`) });
});

describe.runIf(isRoot)('what the service could change is not run as root (needs root)', () => {
  const start = (file: string, program = node) =>
    runRunner(['--user', nobody, ...service], { file, node: program });
  const copyInto = (folder: string) => {
    copyFileSync(runnerFile, join(folder, 'run.cjs'));
    return join(folder, 'run.cjs');
  };

  it("a runner that is root's in folders of root is fine, also below the sticky /tmp", () => {
    expect(start(copyInto(temporaryFolder()))).toMatchObject({ code: 0, out: `${started}\n` });
  });

  it("the file is the user's, even read-only", () => {
    const file = copyInto(temporaryFolder());
    chmodSync(file, 0o444);
    chownSync(file, 65534, 65534);
    expect(start(file)).toMatchObject({ ...refused, err: expect.stringContaining(`${file} runs as root`) });
  });

  it('the file may be written by all', () => {
    const file = copyInto(temporaryFolder());
    chmodSync(file, 0o666);
    expect(start(file)).toMatchObject(refused);
  });

  it('a folder above may be written by the group', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'inner'));
    const file = copyInto(join(folder, 'inner'));
    chownSync(folder, 0, 65534);
    chmodSync(folder, 0o775);
    expect(start(file)).toMatchObject({ ...refused, err: expect.stringContaining(`${folder} runs as root`) });
  });

  it('a link on the way lies in a folder of the user', () => {
    const folder = temporaryFolder();
    chownSync(folder, 65534, 65534);
    symlinkSync(runnerFile, join(folder, 'penstock-run'));
    expect(start(join(folder, 'penstock-run'))).toMatchObject(refused);
  });

  it("a file of --env-from lies in the user's folder: he could have linked it to another's secrets", () => {
    const [secrets, folder] = [temporaryFolder(), temporaryFolder()];
    writeFileSync(join(secrets, 'env'), 'SECRET=of-another\n', { mode: 0o600 });
    symlinkSync(join(secrets, 'env'), join(folder, 'env'));
    chownSync(folder, 65534, 65534);
    const ended = runRunner(['--user', nobody, '--env-from', join(folder, 'env'), ...service]);
    expect(ended).toMatchObject({
      ...refused,
      err: expect.stringContaining(`${folder} runs as root, is read as root`),
    });
  });

  it("the Node binary is the user's", () => {
    const program = join(temporaryFolder(), 'node');
    copyFileSync(realpathSync(node), program, constants.COPYFILE_FICLONE);
    chmodSync(program, 0o755);
    chownSync(program, 65534, 65534);
    expect(start(runnerFile, program)).toMatchObject({
      ...refused,
      err: expect.stringContaining(`${program} runs as root`),
    });
  });
});

it.runIf(isRoot && has('/usr/bin/script'))(
  'a controlling terminal is refused without --tty (needs root and script)',
  () => {
    const through = (option: string) =>
      runThroughShell(
        `exec script -qec "$1 $2 --user ${nobody} ${option} -- /bin/echo '${started}'" /dev/null </dev/null`,
        [],
      );
    expect(through('')).toMatchObject({ code: 125, out: expect.stringContaining('--tty') });
    expect(through('--tty')).toMatchObject({ code: 0, out: expect.stringContaining(started) });
  },
);

it('an env file that cannot be understood is refused, without showing it', () => {
  const file = join(temporaryFolder(), 'env');
  writeFileSync(file, 'A=1\nPASSWORD="hunter2"\n');
  const { code, err } = runRunner([...asUser, '--env-from', file, ...service]);
  expect({ code, err }).toEqual({
    code: 125,
    err: `penstock-run: ${file} line 2: write the value without quotes\n`,
  });
  expect(runRunner([...asUser, '--env-from', `${file}.missing`, ...service])).toMatchObject(refused);
});

it('all problems are said at once, one a line', () => {
  const { err } = runRunner(['--user', '', '--umask', 'x', '--nonsense']);
  expect(err.trim().split('\n')).toHaveLength(4);
  expect(err).toMatch(/^(penstock-run: .*\n)+$/);
});

it('a missing folder is refused', () => {
  expect(runRunner([...asUser, '--chdir', '/no/such', ...service])).toMatchObject(refused);
});

it.runIf(isRoot && has('/usr/bin/setpriv'))(
  'a process that could become root again is refused (needs root)',
  () => {
    const caps = '--inh-caps=+setuid --ambient-caps=+setuid';
    const line = `exec setpriv --reuid=65534 --regid=65534 --clear-groups ${caps} "$@"`;
    const { code, out, err } = runThroughShell(line, service);
    expect({ code, out }).toEqual(refused);
    expect(err).toContain('setuid(0) still works');
  },
);

it('values that are not UTF-8, which the service would get changed', () => {
  const file = join(temporaryFolder(), 'env');
  writeFileSync(file, Buffer.from('PASSWORD=caf\xe9\n', 'latin1'), { mode: 0o600 });
  const ended = runRunner([...asUser, '--env-from', file, ...service]);
  expect(ended).toMatchObject({ code: 125, out: '' });
  expect(ended.err).toContain(`--env-from ${file} is not UTF-8`);
  const kept = [...asUser, '--keep-env', 'SECRET', ...service];
  const asked = runRunner(kept, { env: { SECRET: 'caf\uFFFD' } });
  expect(asked).toMatchObject({ code: 125, out: '' });
  expect(asked.err).toContain('the value of SECRET is not UTF-8');
});

it('a FIFO of --env-from is refused: it would wait for a writer for ever', () => {
  const fifo = join(temporaryFolder(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const ended = runRunner([...asUser, '--env-from', fifo, ...service]);
  expect(ended).toMatchObject({ code: 125, out: '' });
  expect(ended.err).toContain('is a FIFO');
});
