import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asUser, has, isRoot, node, nobody, runnerFile, runRunner, temporaryFolder } from './start-runner.ts';

it('says what would be started, and starts nothing', () => {
  const file = join(temporaryFolder(), 'made');
  const { code, out } = runRunner([...asUser, '--explain=json', '--env', 'A=hunter2', '--', 'touch', file], {
    env: { B: '1' },
  });
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({
    starts: true,
    command: ['touch', file],
    exec: expect.arrayContaining(['--no-new-privs', expect.stringMatching(/^\/.*\/touch$/), file]),
    noNewPrivs: 'setpriv',
    environment: ['A', 'HOME', 'LOGNAME', 'PATH', 'SHELL', 'USER'],
    droppedVariables: ['B'],
    problems: [],
  });
  expect(out).not.toContain('hunter2');
  expect(has(file)).toBe(false);
});

it('says in text what is in the way, with the exit code of the start', () => {
  const { code, out } = runRunner([...asUser, '--explain', '--', '/no/such']);
  expect(code).toBe(127);
  expect(out).toMatch(/^refused 127 +\/no\/such$/m);
  expect(out).toMatch(/^problem +\/no\/such is not found$/m);
});

it('explains a plan that cannot be made', () => {
  const { code, out } = runRunner(['--user', 'no-such-user', '--explain=json', '--', 'true']);
  expect(code).toBe(125);
  expect(JSON.parse(out)).toMatchObject({
    starts: false,
    problems: [expect.stringContaining('no-such-user')],
  });
});

it('--must-read finds a missing file, without a start', () => {
  const { code, err } = runRunner([
    ...asUser,
    '--must-read',
    '/',
    '--must-read',
    '/no/such',
    '--',
    'echo',
    'ran',
  ]);
  expect({ code, err }).toEqual({ code: 125, err: 'penstock-run: /no/such cannot be read: ENOENT\n' });
});

it.runIf(isRoot)('--must-read asks as the target user, and names the closed folder (needs root)', () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'closed/inner'), { recursive: true });
  writeFileSync(join(folder, 'closed/inner/main.ts'), '');
  const check = (...paths: string[]) =>
    runRunner([
      '--user',
      nobody,
      ...paths.flatMap((path) => ['--must-read', path]),
      '--explain=json',
      '--',
      'true',
    ]);
  expect(check(join(folder, 'closed/inner/main.ts'), folder).code).toBe(0);
  runRunner(['--allow-root', '--', 'chmod', '700', join(folder, 'closed')]);
  runRunner(['--allow-root', '--', 'chmod', '700', folder]);
  const { code, out } = check(join(folder, 'closed/inner/main.ts'));
  expect(code).toBe(125);
  expect(JSON.parse(out)).toMatchObject({ problems: [expect.stringContaining(`may not enter ${folder}`)] });
});

const readableByAll = [node, runnerFile].every((file) => {
  const { code } = runRunner([...asUser, '--must-read', file, '--', 'true']);
  return code === 0;
});

it.runIf(isRoot && readableByAll)(
  'a process that is the user already keeps its groups and loses the rest (needs root)',
  () => {
    const start = { uid: 65534, gid: 65534 };
    const again = runRunner(['--user', nobody, '--', 'grep', 'NoNewPrivs', '/proc/self/status'], start);
    expect(again).toEqual({ code: 0, out: 'NoNewPrivs:\t1\n', err: '' });
    expect(runRunner(['--', 'id', '-u'], start).out).toBe('65534\n');
    expect(runRunner(['--user', '1:1', '--', 'id'], start)).toMatchObject({ code: 125, out: '' });
    expect(runRunner(['--user', '0:0', '--allow-root', '--', 'id'], start)).toMatchObject({
      code: 125,
      out: '',
    });
  },
);

it('the file is executable, so that a link to it is a command', () => {
  expect(statSync(runnerFile).mode & 0o111).toBe(0o111);
});

it('--help names every option', () => {
  const { code, out } = runRunner(['--help']);
  expect(code).toBe(0);
  const options =
    '--user --groups --init-groups --env --env-from --keep-env --chdir --umask --limit --no-new-privs ' +
    '--must-read --allow-root --tty --explain';
  for (const option of options.split(' ')) expect(out).toMatch(new RegExp(`^  ${option}\\b`, 'm'));
});
