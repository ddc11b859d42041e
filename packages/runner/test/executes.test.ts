import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asUser, isRoot, NOBODY, runRunner, temporaryFolder, writeScript } from './start-runner.ts';

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
      'a program whose loader is missing',
      (path: string) => writeProgram(path, (file) => file.write('/bil', file.indexOf('/lib'))),
    ],
    ['a script that is its own interpreter', (path: string) => writeScript(path, `#!${path}\n`)],
  ])('%s', (_name, make) => {
    const path = join(temporaryFolder(), 'service');
    make(path);
    expect(runRunner([...asUser, '--', path])).toMatchObject({ code: 126, out: '' });
    expect(runRunner([...asUser, '--no-new-privs=off', '--', path])).toMatchObject({ code: 126, out: '' });
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
    const { code } = runRunner(['--user', NOBODY, '--', 'sh', '-c', 'exec true']);
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
