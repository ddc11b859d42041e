import type { Capability } from '../request/capabilities.ts';
import type { Target } from './target.ts';

/**
 * Capabilities that the service keeps across the change of user. The kernel takes them all from a Node
 * process that changes its own user, so setpriv does both.
 */
export interface Ambient {
  setpriv: string;
  capabilities: readonly Capability[];
}

/**
 * setpriv's arguments. Every number is a decimal that the Runner has checked: setpriv reads 4294967296 as
 * root.
 */
export function ambientArguments({ uid, gid, groups }: Target, ambient: Ambient): string[] {
  const only = ['-all', ...ambient.capabilities.map((name) => `+${name}`)].join(',');
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
  ];
}
