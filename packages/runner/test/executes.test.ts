import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  asUser,
  isRoot,
  node,
  node24,
  nobody,
  runRunner,
  runThroughShell,
  temporaryFolder,
  writeScript,
} from './start-runner.ts';

const codeOf = (...command: string[]) => runRunner([...asUser, '--', ...command]).code;

/** A copy of a real program with a part of its header changed. */
function writeProgram(path: string, change: (file: Buffer) => unknown): void {
  const file = readFileSync('/bin/true');
  change(file);
  writeFileSync(path, file, { mode: 0o755 });
}

describe('127: the command is not there', () => {
  it.each([['/no/such/command'], ['no-such-command'], ['./no-such-command'], ['/etc/passwd/x']])(
    '%s',
    (command) => {
      const { code, out, err } = runRunner([...asUser, '--', command]);
      expect({ code, out, err }).toEqual({
        code: 127,
        out: '',
        err: expect.stringMatching(/^penstock-run: .*is not found.*\n$/),
      });
    },
  );

  it('a link that leads nowhere', () => {
    const link = join(temporaryFolder(), 'link');
    symlinkSync('nowhere', link);
    expect(codeOf(link)).toBe(127);
  });
});

describe('126: the command cannot be executed', () => {
  it.each([
    ['a folder', (path: string) => mkdirSync(path)],
    ['a file without x', (path: string) => writeScript(path, '#!/bin/sh\n', 0o644)],
    ['a text without #!, which a shell would run', (path: string) => writeScript(path, 'echo ran\n')],
    ['an empty file', (path: string) => writeScript(path, '')],
    [
      'a script whose interpreter is missing',
      (path: string) => writeScript(path, '#!/no/such/interpreter\n'),
    ],
    ['a script with Windows line ends', (path: string) => writeScript(path, '#!/bin/sh\r\necho ran\r\n')],
    [
      'a program for another machine',
      (path: string) => writeProgram(path, (file) => file.writeUInt16LE(8, 18)),
    ],
    ['an object file', (path: string) => writeProgram(path, (file) => file.writeUInt16LE(1, 16))],
    ['a cut program', (path: string) => writeFileSync(path, '\x7fELF\x02\x01\x01', { mode: 0o755 })],
    [
      'a program that is cut within its headers, which setpriv would hand to /bin/sh',
      (path: string) => writeFileSync(path, readFileSync('/bin/true').subarray(0, 100), { mode: 0o755 }),
    ],
    [
      'a program whose loader is a folder',
      (path: string) => writeProgram(path, (file) => file.write('/tmp\0', file.indexOf('/lib'))),
    ],
    [
      'a program whose loader is no program',
      (path: string) => writeProgram(path, (file) => file.write('/bin/bzdiff\0', file.indexOf('/lib'))),
    ],
    [
      'a program whose loader is missing',
      (path: string) => writeProgram(path, (file) => file.write('/bil', file.indexOf('/lib'))),
    ],
    ['a script that is its own interpreter', (path: string) => writeScript(path, `#!${path}\n`)],
  ])('%s', (_name, make) => {
    const path = join(temporaryFolder(), 'service');
    make(path);
    const pidFile = join(temporaryFolder(), 'service.pid');
    const line = [...asUser, '--pid-file', pidFile];
    for (const options of [[], ['--no-new-privs=off']]) {
      expect(runRunner([...line, ...options, '--', path])).toMatchObject({ code: 126, out: '' });
      expect(existsSync(pidFile)).toBe(false);
    }
  });

  it.runIf(isRoot)('a file that only root may execute (needs root)', () => {
    expect(codeOf(writeScript(join(temporaryFolder(), 'service'), '#!/bin/sh\n', 0o700))).toBe(126);
  });

  it.runIf(isRoot)('a file in a folder that only root may enter (needs root)', () => {
    const folder = join(temporaryFolder(), 'closed');
    mkdirSync(folder, { mode: 0o700 });
    expect(codeOf(writeScript(join(folder, 'service'), '#!/bin/sh\n'))).toBe(126);
  });
});

describe('scripts', () => {
  it('run by their interpreter, with arguments', () => {
    const folder = temporaryFolder();
    writeScript(join(folder, 'one'), '#! /bin/sh -e\necho "one $1"\n');
    writeScript(join(folder, 'two'), `#!/usr/bin/env sh\nexec ${folder}/one "$@"\n`);
    expect(runRunner([...asUser, '--', join(folder, 'two'), 'x'])).toEqual({
      code: 0,
      out: 'one x\n',
      err: '',
    });
  });

  it.runIf(isRoot)('a program that may be executed but not read still runs (needs root)', () => {
    const folder = temporaryFolder();
    const { code } = runRunner(['--user', nobody, '--', 'sh', '-c', 'exec true']);
    expect(code).toBe(0);
    runRunner(['--allow-root', '--', 'cp', '/bin/true', join(folder, 'secret')]);
    runRunner(['--allow-root', '--', 'chmod', '711', join(folder, 'secret')]);
    expect(codeOf(join(folder, 'secret'))).toBe(0);
  });
});

describe('where a command is looked for', () => {
  it("in the service's PATH, not in the caller's", () => {
    const folder = temporaryFolder();
    writeScript(join(folder, 'our-service'), '#!/bin/sh\necho found\n');
    expect(runRunner([...asUser, '--', 'our-service'], { env: { PATH: folder } }).code).toBe(127);
    expect(runRunner([...asUser, '--env', `PATH=${folder}`, '--', 'our-service']).out).toBe('found\n');
  });

  it('in the folder of --chdir when it has a slash', () => {
    const folder = temporaryFolder();
    writeScript(join(folder, 'service'), '#!/bin/sh\npwd\n');
    expect(runRunner([...asUser, '--chdir', folder, '--', './service'], { cwd: '/' }).out).toBe(
      `${folder}\n`,
    );
  });

  it('past what cannot be executed', () => {
    const [first, second] = [temporaryFolder(), temporaryFolder()];
    writeScript(join(first, 'service'), 'x', 0o644);
    expect(runRunner([...asUser, '--env', `PATH=${first}:${second}`, '--', 'service']).code).toBe(126);
    writeScript(join(second, 'service'), '#!/bin/sh\necho second\n');
    expect(runRunner([...asUser, '--env', `PATH=${first}:${second}`, '--', 'service']).out).toBe('second\n');
  });
});

it("the env file is read before the drop, so that it can be root's own", () => {
  const file = join(temporaryFolder(), 'secret.env');
  writeFileSync(file, 'PASSWORD=hunter2\n', { mode: 0o600 });
  expect(runRunner([...asUser, '--env-from', file, '--', 'printenv', 'PASSWORD']).out).toBe('hunter2\n');
});

describe.each([
  ['this Node', node],
  ['Node 24 (needs .cache/node24)', node24],
])('126: an exec that would fail although the file is fine, with %s', (_name, program) => {
  const refused = (options: readonly string[], command: readonly string[]) => {
    const file = join(temporaryFolder(), 'service.pid');
    const line = [...asUser, ...options, '--pid-file', file, '--', ...command];
    const started = runRunner(line, { node: program ?? '' });
    return { ...started, pidFile: existsSync(file) };
  };
  const explained = (options: readonly string[], command: readonly string[]) =>
    runRunner([...asUser, ...options, '--explain=json', '--', ...command], { node: program ?? '' });

  it.runIf(program)('the environment is too long', { timeout: 60_000 }, () => {
    const variables = join(temporaryFolder(), 'long.env');
    writeFileSync(variables, `LONG=${'x'.repeat(150_000)}\n`);
    for (const options of [[], ['--no-new-privs=off']]) {
      const long = [...options, '--env-from', variables];
      const because = expect.stringContaining('E2BIG');
      expect(refused(long, ['true'])).toEqual({ code: 126, out: '', err: because, pidFile: false });
      expect(explained(long, ['true'])).toMatchObject({ code: 126, out: because });
    }
  });

  it.runIf(program)(
    'somebody writes to the program, or to the interpreter of a script',
    { timeout: 60_000 },
    () => {
      const folder = temporaryFolder();
      copyFileSync('/bin/true', join(folder, 'busy'));
      writeScript(join(folder, 'script'), `#!${folder}/busy\n`);
      const descriptor = openSync(join(folder, 'busy'), 'r+');
      for (const options of [[], ['--no-new-privs=off']]) {
        for (const name of ['busy', 'script']) {
          const because = expect.stringContaining('ETXTBSY');
          const command = [join(folder, name)];
          expect(refused(options, command)).toEqual({ code: 126, out: '', err: because, pidFile: false });
          expect(explained(options, command)).toMatchObject({ code: 126, out: because });
        }
      }
      closeSync(descriptor);
      expect(runRunner([...asUser, '--', join(folder, 'busy')]).code).toBe(0);
    },
  );

  it.runIf(program && isRoot)('the user has no process left under its limit (needs root)', () => {
    const because = expect.stringContaining('EAGAIN');
    const few = ['--limit', 'nproc=3'];
    expect(refused(few, ['true'])).toEqual({ code: 126, out: '', err: because, pidFile: false });
    expect(explained(few, ['true'])).toMatchObject({ code: 126, out: because });
  });
});

describe('a working directory that is gone', () => {
  /** sh goes there, removes it, and starts the Runner. */
  const fromNowhere = (...args: string[]) =>
    runThroughShell(`cd ${temporaryFolder()} && mkdir gone && cd gone && rmdir ../gone && exec "$@"`, args);

  it('is said in words', () => {
    const { code, err } = fromNowhere(...asUser, '--', 'true');
    expect([code, err]).toEqual([125, expect.stringMatching(/working directory is gone .*--chdir/)]);
    expect(err).not.toContain('unexpected');
  });

  it('does not matter with --chdir', () => {
    expect(fromNowhere(...asUser, '--chdir', '/', '--', 'pwd')).toEqual({ code: 0, out: '/\n', err: '' });
  });

  it('is said of a pid file whose path is relative to it', () => {
    const { code, err } = fromNowhere(...asUser, '--chdir', '/', '--pid-file', 'x.pid', '--', 'true');
    expect([code, err]).toEqual([125, expect.stringContaining('--pid-file x.pid: ENOENT')]);
  });

  it.runIf(isRoot)('nor with --ambient-caps, where a child asks as the user (needs root)', () => {
    const kept = ['--user', nobody, '--ambient-caps', 'net_bind_service'];
    expect(fromNowhere(...kept, '--', 'true').err).toContain('working directory is gone');
    expect(fromNowhere(...kept, '--chdir', '/', '--', 'pwd').out).toBe('/\n');
  });
});
