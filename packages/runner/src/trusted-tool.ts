import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { Refusal } from './refusal.ts';
import { stepsOfOthers, stepsTo } from './changeable-files.ts';

const trustedFolders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/run/current-system/sw/bin'];

/**
 * The system's own tool, never one found by the caller's PATH. Undefined when it is not installed. It runs
 * as root, sometimes before it is known who the service will be, so only root may be able to change it and
 * the folders above.
 */
export function findTool(name: string): string | undefined {
  const path = trustedFolders.map((folder) => `${folder}/${name}`).find(isExecutable);
  const others = path !== undefined && process.geteuid?.() === 0 ? stepsOfOthers(stepsTo(path), [0]) : [];
  if (others.length > 0)
    throw new Refusal(
      `${others.join(', ')}: ${path} runs as root, and others could change it: chown it to root, chmod go-w`,
    );
  return path;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
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
