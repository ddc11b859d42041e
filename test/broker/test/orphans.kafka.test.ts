import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { brokerKind, givenBootstrap } from '../src/index.ts';

interface Started {
  child: ChildProcess;
  /** The process group of the child. */
  group: number;
  /** The broker's; 0 while it is starting. */
  pid: number;
  folder: string;
}

const notOurs = givenBootstrap() !== undefined || brokerKind() === 'container';

describe.skipIf(notOurs)('no broker and no folder is left behind', () => {
  test('by a process that is killed', async () => {
    const { child, pid, folder } = await startInChild();
    expect(isAlive(pid)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await expect.poll(() => [isAlive(pid), existsSync(folder)]).toEqual([false, false]);
  });

  test('by Ctrl-C while a broker is starting', async () => {
    const { child, group, folder } = await startInChild('starting');
    expect(existsSync(folder)).toBe(true);
    // A terminal signals the whole group: the shell that ends the brokers must not be in it.
    process.kill(-group, 'SIGINT');
    await once(child, 'exit');
    await expect.poll(() => existsSync(folder)).toBe(false);
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
    const { pid, folder } = JSON.parse(line) as { pid: number; folder: string };
    return { child, group: child.pid as number, pid, folder };
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
