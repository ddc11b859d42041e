import { expect, it } from 'vitest';
import { isRunning, parsePidFile } from './pid-file.ts';
import { readProcessStat } from './process-status.ts';

it('reads a PID and a start time, and nothing that only looks like them', () => {
  expect(parsePidFile('7\n900\n')).toEqual({ kind: 'process', process: { pid: 7, startTicks: '900' } });
  expect(parsePidFile('')).toEqual({ kind: 'nothing' });
  for (const text of ['7\n', '7', '7 900\n', '7\n900', '-7\n900\n', '0\n900\n', '7\n900\nx', 'a\nb\n', '\n'])
    expect(parsePidFile(text), JSON.stringify(text)).toBeUndefined();
});

it('tells a process from a later one with its number', () => {
  const startTicks = readProcessStat(process.pid)?.startTicks ?? '';
  expect(isRunning({ pid: process.pid, startTicks })).toBe(true);
  expect(isRunning({ pid: process.pid, startTicks: '1' })).toBe(false);
  expect(isRunning({ pid: 2 ** 30, startTicks })).toBe(false);
});
