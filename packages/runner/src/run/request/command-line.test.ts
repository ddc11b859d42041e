import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

function requestOf(...args: string[]) {
  const line = parseCommandLine(args);
  if (line.kind !== 'run') throw new Error(JSON.stringify(line));
  return line.request;
}

it('leaves everything after -- to the command', () => {
  expect(requestOf('--user', 'a', '--', 'cmd', '--user', 'b', '--', '--help').command).toEqual([
    'cmd',
    '--user',
    'b',
    '--',
    '--help',
  ]);
});

it('takes a value after a space or after =', () => {
  expect(requestOf('--chdir=/a=b', '--umask', '027', '--', 'x')).toMatchObject({
    chdir: '/a=b',
    umask: 0o27,
  });
});

it('collects the options that may be repeated, in order', () => {
  const request = requestOf(
    '--env',
    'A=1',
    '--env=B=x=y',
    '--env-from',
    'f',
    '--keep-env',
    'P_*,Q',
    '--limit',
    'core=0',
    '--',
    'x',
  );
  expect(request).toMatchObject({
    env: [
      ['A', '1'],
      ['B', 'x=y'],
    ],
    envFrom: ['f'],
    keepEnv: ['P_*', 'Q'],
    limits: [{ resource: 'core', soft: '0', hard: '0' }],
  });
});

it('sets no_new_privs unless told otherwise', () => {
  expect(requestOf('--', 'x').noNewPrivs).toBe(true);
  expect(requestOf('--no-new-privs=off', '--', 'x').noNewPrivs).toBe(false);
});

it('explains in two forms', () => {
  expect(requestOf('--explain', '--', 'x').explain).toBe('text');
  expect(requestOf('--explain=json', '--', 'x').explain).toBe('json');
});

describe('a wrong line is refused whole', () => {
  it.each([
    [[], 'no --'],
    [['--user', 'nobody', 'id'], 'no --'],
    [['--'], 'no command'],
    [['--', ''], 'no command'],
    [['--user'], 'needs a value'],
    [['--user', '', '--', 'x'], 'the user is empty'],
    [['--user=', '--', 'x'], 'the user is empty'],
    [['--user', 'a', '--user', 'b', '--', 'x'], 'given twice'],
    [['--usr', 'a', '--', 'x'], 'unknown option "--usr"'],
    [['--env-file=f', '--', 'x'], 'say --env-from'],
    [['-u', 'a', '--', 'x'], 'unknown option "-u"'],
    [['--allow-root=yes', '--', 'x'], 'unknown option'],
    [['--groups', 'a,,b', '--', 'x'], 'is empty'],
    [['--groups', '-1', '--', 'x'], 'neither'],
    [['--groups', 'a', '--init-groups', '--', 'x'], 'exclude each other'],
    [['--env', 'A', '--', 'x'], 'NAME=VALUE'],
    [['--env', '=A', '--', 'x'], 'NAME=VALUE'],
    [['--keep-env', 'A,', '--', 'x'], '--keep-env'],
    [['--umask', '9', '--', 'x'], 'octal'],
    [['--umask', '1777', '--', 'x'], 'octal'],
    [['--limit', 'nofile', '--', 'x'], '--limit'],
    [['--chdir', '', '--', 'x'], '--chdir is empty'],
    [['--no-new-privs', 'maybe', '--', 'x'], 'on or off'],
    [['--explain=yaml', '--', 'x'], 'text or json'],
    [['--', 'x', 'caf\uFFFD'], 'not UTF-8'],
  ])('%j', (args, problem) => {
    expect(parseCommandLine(args)).toEqual({
      kind: 'wrong',
      problems: expect.arrayContaining([expect.stringContaining(problem)]),
    });
  });

  it('and all its problems are said at once', () => {
    const line = parseCommandLine(['--user', '', '--umask', 'x', '--limit', 'y']);
    expect(line.kind === 'wrong' && line.problems).toHaveLength(4);
  });
});

it('never shows the value of a variable in a problem', () => {
  expect(JSON.stringify(parseCommandLine(['--env', '1PASSWORD=hunter2', '--', 'x']))).not.toContain(
    'hunter2',
  );
});

it('offers help whatever else is wrong', () => {
  expect(parseCommandLine(['--help'])).toEqual({ kind: 'help' });
});
