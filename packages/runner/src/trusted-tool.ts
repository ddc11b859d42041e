import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';

const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/** The system's own tool, never one found by the caller's PATH. Undefined when it is not installed. */
export function findTool(name: string): string | undefined {
  return FOLDERS.map((folder) => `${folder}/${name}`).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Its output, or undefined when it is missing or says no. It gets nothing of the caller's environment. */
export function askTool(name: string, args: readonly string[]): string | undefined {
  const path = findTool(name);
  if (path === undefined) return undefined;
  const answer = spawnSync(path, args, {
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
    timeout: 10_000,
  });
  return answer.status === 0 ? answer.stdout : undefined;
}
