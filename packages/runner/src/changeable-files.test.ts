import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { changeableSteps, stepsOfOthers, stepsTo, type Step } from './changeable-files.ts';

const step = (path: string, owner: number, mode: number, kind: Step['kind'] = 'folder'): Step => ({
  path,
  owner,
  mode,
  kind,
});
const nothing = () => false;

it('finds what the user owns, whatever its mode: he could change the mode', () => {
  const steps = [step('/', 0, 0o755), step('/opt', 7, 0o555), step('/opt/run.cjs', 0, 0o755, 'file')];
  expect(changeableSteps(steps, 7, nothing)).toEqual(['/opt']);
  expect(changeableSteps(steps, 8, nothing)).toEqual([]);
});

it('finds what the user may write', () => {
  const steps = [step('/', 0, 0o755), step('/opt', 0, 0o777), step('/opt/run.cjs', 0, 0o755, 'file')];
  expect(changeableSteps(steps, 7, (path) => path === '/opt')).toEqual(['/opt']);
});

it("allows a sticky folder for another's file, not for the user's own", () => {
  const all = (path: string) => path === '/tmp';
  expect(changeableSteps([step('/tmp', 0, 0o1777), step('/tmp/x', 0, 0o755)], 7, all)).toEqual([]);
  expect(changeableSteps([step('/tmp', 0, 0o1777), step('/tmp/x', 7, 0o755, 'link')], 7, all)).toEqual([
    '/tmp',
  ]);
});

it("finds what is not root's alone, whoever the user will be", () => {
  const bin = step('/bin', 0, 0o755);
  expect(stepsOfOthers([bin, step('/bin/id', 0, 0o755, 'file')], [0])).toEqual([]);
  expect(stepsOfOthers([bin, step('/bin/id', 7, 0o555, 'file')], [0])).toEqual(['/bin/id']);
  expect(stepsOfOthers([step('/bin', 0, 0o775), step('/bin/id', 0, 0o755, 'file')], [0])).toEqual(['/bin']);
  const tmp = step('/tmp', 0, 0o1777);
  expect(stepsOfOthers([tmp, step('/tmp/x', 0, 0o755)], [0])).toEqual([]);
  expect(stepsOfOthers([tmp, step('/tmp/x', 7, 0o755)], [0])).toEqual(['/tmp', '/tmp/x']);
  expect(stepsOfOthers([tmp], [0])).toEqual(['/tmp']);
});

it('walks through every folder and link on the way', () => {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'steps-')));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'real'));
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'real/run.cjs'), '');
  symlinkSync('../real', join(root, 'bin/link'));
  const paths = stepsTo(join(root, 'bin/link/run.cjs')).map(({ path }) => path.slice(root.length));
  for (const path of ['/bin', '/bin/link', '/real', '/real/run.cjs']) expect(paths).toContain(path);
});
