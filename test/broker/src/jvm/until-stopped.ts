import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Settles when each thread of a process that was sent SIGSTOP stands still: kill(2) answers before, and a
 * thread on the other core still works for some ms. Where there is no /proc it settles at once.
 */
export async function untilStopped(pid: number, timeoutMs = 10_000): Promise<void> {
  if (!existsSync(`/proc/${pid}/task`)) return;
  for (const untilAt = performance.now() + timeoutMs; !isStopped(pid); await sleep(1)) {
    if (performance.now() > untilAt) throw new Error(`process ${pid} does not stop within ${timeoutMs} ms`);
  }
}

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'latin1');
    // The state stands behind the name, which may hold brackets. T: stopped (proc_pid_stat(5)).
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}
