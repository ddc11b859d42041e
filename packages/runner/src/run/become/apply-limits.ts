import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Refusal } from '../../refusal.ts';
import type { Limit } from '../request/limits.ts';

/**
 * Node cannot set limits. A child, prlimit, sets them on this process, and they stay over the exec. Done
 * while still root, since hard limits may rise.
 */
export function applyLimits(prlimit: string, limits: readonly Limit[]): void {
  const tight = limitsBelowNode(limits, readFileSync('/proc/self/status', 'utf8'));
  if (tight.length > 0) throw new Refusal(tight.join('\n'));
  const values = limits.map(({ resource, soft, hard }) => `--${resource}=${soft}:${hard}`);
  const { status, stderr, error } = spawnSync(prlimit, ['--pid', String(process.pid), ...values], {
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 5_000,
  });
  if (status !== 0) throw new Refusal(`the limits cannot be set: ${error?.message ?? stderr.trim()}`);
}

/** Node 24 and 26 hold about 20 descriptors. */
const descriptorsMin = 32;
const marginBytes = 64 * 1024 * 1024;

/**
 * The limits under which Node itself would abort with a core before it could exec. `status` is this process's
 * /proc/PID/status.
 */
export function limitsBelowNode(limits: readonly Limit[], status: string): string[] {
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
  const least: Readonly<Record<string, number>> = {
    as: bytes('VmSize') + marginBytes,
    data: bytes('VmData') + marginBytes,
    nofile: descriptorsMin,
  };
  return limits.flatMap(({ resource, soft }) => {
    const needed = least[resource];
    if (needed === undefined || soft === 'unlimited' || Number(soft) >= needed) return [];
    return [
      `--limit ${resource}=${soft} is below the ${needed} that the Runner's own Node needs: ` +
        'let a script set it (ulimit), and start that',
    ];
  });
}
