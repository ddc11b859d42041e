import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendants, isAlive, type ProcessIdentity } from './process-tree.ts';
import type { CountMessage } from './count.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitestMain = fileURLToPath(import.meta.resolve('vitest/package.json')).replace(
  /package\.json$/,
  'vitest.mjs',
);
const reporter = fileURLToPath(new URL('count-reporter.ts', import.meta.url));

/** How long vitest may take to end by itself before it is killed, and then what it leaves behind. */
const endTimeoutMs = 10_000;
const cleanUpTimeoutMs = 3_000;

export interface VitestProcess extends AsyncDisposable {
  /** Settles when vitest is gone: its exit status, or the name of the signal that ended it. */
  readonly ended: Promise<{ status: number | string }>;
  /** Ends vitest and everything below it: TERM first, then KILL. Settles when nothing is left. */
  end(): Promise<void>;
}

/** Starts `vitest run` under this Node, in a process group of its own, with its output on ours. */
export function startVitest(
  args: readonly string[],
  onMessage: (message: CountMessage) => void,
  environment: Record<string, string> = {},
): VitestProcess {
  const child = spawn(
    process.execPath,
    [vitestMain, 'run', '--reporter=default', `--reporter=${reporter}`, ...args],
    {
      cwd: root,
      env: { ...process.env, ...environment },
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  child.on('message', (message) => onMessage(message as CountMessage));
  const ended = new Promise<{ status: number | string }>((resolve) => {
    child.on('error', (error) => resolve({ status: error.message }));
    child.on('close', (code, signal) => resolve({ status: code ?? signal ?? 'lost' }));
  });
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> =>
    (ending ??= child.pid === undefined ? Promise.resolve() : endTree(child.pid));
  return { ended, end, [Symbol.asyncDispose]: end };
}

// The tree is noted before the first signal: once its root is gone, its orphans can no longer be found.
async function endTree(pid: number): Promise<void> {
  const tree = descendants(pid);
  killGroup(pid, 'SIGTERM');
  await goneWithin(endTimeoutMs, () => tree.every((one) => one.pid !== pid || !isAlive(one)));
  killGroup(pid, 'SIGKILL');
  // The guards of the brokers notice the end of the tests and clean up; what they do not know is killed here.
  await goneWithin(cleanUpTimeoutMs, () => !tree.some(isAlive));
  for (const left of tree.filter(isAlive)) kill(left, 'SIGKILL');
}

async function goneWithin(timeoutMs: number, gone: () => boolean): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; !gone() && Date.now() < deadline;) await sleep(50);
}

function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty.
  }
}

function kill({ pid }: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}
