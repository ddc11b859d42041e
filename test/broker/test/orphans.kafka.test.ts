import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { givenBootstrap } from '../src/index.ts';

interface Started {
  child: ChildProcess;
  /** The process group of the child. */
  group: number;
  /** The broker's. */
  pid: number;
  folder: string;
}

describe.skipIf(givenBootstrap())('nothing is left behind', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'by a test process that ends by %s',
    async (signal) => {
      const { child, pid, folder } = await startInChild();
      expect(isAlive(pid)).toBe(true);
      child.kill(signal);
      await once(child, 'exit');
      await expect.poll(() => [isAlive(pid), existsSync(folder)], { timeout: 5_000 }).toEqual([false, false]);
    },
  );

  test('by a process that ends while its broker is starting', async () => {
    const { child, folder } = await startInChild('starting');
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => existsSync(folder), { timeout: 5_000 }).toBe(false);
  });
});

async function startInChild(...args: string[]): Promise<Started> {
  const script = join(import.meta.dirname, 'start-and-wait.fixture.ts');
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const { pid, logFile } = JSON.parse(line) as { pid: number; logFile: string };
    return { child, group: child.pid as number, pid, folder: dirname(dirname(logFile)) };
  }
  throw new Error('the child ended without a word');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
