import { spawnSync } from 'node:child_process';
import { Refusal } from '../../refusal.ts';
import type { Limit } from '../request/limits.ts';

/**
 * Node cannot set limits. A child, prlimit, sets them on this process, and they stay over the exec. Done
 * while still root, since hard limits may rise.
 */
export function applyLimits(prlimit: string, limits: readonly Limit[]): void {
  const values = limits.map(({ resource, soft, hard }) => `--${resource}=${soft}:${hard}`);
  const { status, stderr, error } = spawnSync(prlimit, ['--pid', String(process.pid), ...values], {
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 5_000,
  });
  if (status !== 0) throw new Refusal(`the limits cannot be set: ${error?.message ?? stderr.trim()}`);
}
