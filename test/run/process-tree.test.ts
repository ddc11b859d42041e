import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { descendants, isAlive } from './process-tree.ts';

test('a process below a process is found, and known to be gone', async () => {
  const shell = spawn('/bin/sh', ['-c', 'sleep 30 & echo $!; wait'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const [line] = (await once(shell.stdout, 'data')) as [Buffer];
  const tree = descendants(shell.pid ?? 0);
  expect(tree.map(({ pid }) => pid)).toEqual([shell.pid, Number(line.toString())]);
  expect(tree.every(isAlive)).toBe(true);
  process.kill(-(shell.pid ?? 0), 'SIGKILL');
  await once(shell, 'close');
  await expect.poll(() => tree.some(isAlive)).toBe(false);
});

test('a number that now belongs to another process does not count as alive', () => {
  const [self] = descendants(process.pid);
  expect(isAlive({ pid: process.pid, parent: 0, began: self?.began ?? '' })).toBe(true);
  expect(isAlive({ pid: process.pid, parent: 0, began: 'another time' })).toBe(false);
});
