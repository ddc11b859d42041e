import { accessSync, constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, join, parse, resolve } from 'node:path';

/** A file, link or folder on the way to something that runs as root. */
export interface Step {
  path: string;
  owner: number;
  mode: number;
  kind: 'folder' | 'link' | 'file';
}

/**
 * Everything on the way to `path`: each folder, each link and the folders it leads through, and the file
 * itself. Whoever may change one of them chooses what runs as root at the next start. Called before the
 * change of user, so that nothing is hidden.
 */
export function stepsTo(path: string, links = 0): Step[] {
  const absolute = resolve(path);
  const { root } = parse(absolute);
  const steps: Step[] = [];
  let here = root;
  for (const part of ['', ...absolute.slice(root.length).split('/').filter(Boolean)]) {
    const next = part === '' ? root : join(here, part);
    const stats = lstatSync(next);
    steps.push({ path: next, owner: stats.uid, mode: stats.mode, kind: kindOf(stats) });
    if (stats.isSymbolicLink() && links < 40) {
      const rest = absolute.slice(next.length);
      return [...steps, ...stepsTo(resolve(dirname(next), readlinkSync(next)) + rest, links + 1)];
    }
    here = next;
  }
  return steps;
}

function kindOf(stats: Stats): Step['kind'] {
  if (stats.isSymbolicLink()) return 'link';
  return stats.isDirectory() ? 'folder' : 'file';
}

/**
 * The steps that the user could change: what the user owns or may write. In a sticky folder (/tmp) a user
 * may add files, but not replace those of others. `mayWrite` answers as the target user, ACLs and read-only
 * mounts included.
 */
export function changeableSteps(steps: readonly Step[], uid: number, mayWrite = canWrite): string[] {
  const changeable = new Set<string>();
  for (const [index, { path, owner, mode, kind }] of steps.entries()) {
    const sticky = kind === 'folder' && (mode & 0o1000) !== 0;
    const protectedBySticky = sticky && index < steps.length - 1 && steps[index + 1]?.owner !== uid;
    if (owner === uid && !(kind === 'link')) changeable.add(path);
    else if (kind !== 'link' && !protectedBySticky && mayWrite(path)) changeable.add(path);
  }
  return [...changeable];
}

/**
 * The steps that anybody besides `trusted` could change, judged by owner and mode. Stricter than
 * changeableSteps, for files that must be safe from every user. (An ACL that lets others write shows as the
 * group's w.)
 */
export function stepsOfOthers(steps: readonly Step[], trusted: readonly number[]): string[] {
  const open = steps.filter(({ kind, owner, mode }, index) => {
    if (kind === 'link') return false;
    const next = steps[index + 1];
    const protectedBySticky = (mode & 0o1000) !== 0 && next !== undefined && trusted.includes(next.owner);
    return !trusted.includes(owner) || ((mode & 0o022) !== 0 && !protectedBySticky);
  });
  return open.map(({ path }) => path);
}

function canWrite(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
