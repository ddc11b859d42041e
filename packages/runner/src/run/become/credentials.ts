import type { ProcessStatus } from '../../process-status.ts';
import { Refusal, reasonOf } from '../../refusal.ts';
import { sameSet, type Target } from '../plan/target.ts';

/**
 * Groups, then group, then user: in any other order the right to change the rest is gone first. Node sets
 * them on all of its threads.
 */
export function dropCredentials(target: Target): void {
  const { setgroups, setgid, setuid } = process;
  if (!setgroups || !setgid || !setuid) throw new Refusal('this system has no users to drop to');
  try {
    setgroups([...target.groups]);
    setgid(target.gid);
    setuid(target.uid);
  } catch (error) {
    throw new Refusal(
      `the credentials cannot be changed: ${reasonOf(error)} (is CAP_SETUID or CAP_SETGID missing?)`,
      125,
      error,
    );
  }
}

/** Compares what the kernel says with what was planned. Returns what differs. */
export function credentialProblems(
  status: ProcessStatus,
  target: Target,
  clearsInheritable: boolean,
): string[] {
  const problems: string[] = [];
  if (status.uids.some((uid) => uid !== target.uid))
    problems.push(`the user ids are ${status.uids.join(' ')}, not ${target.uid}`);
  if (status.gids.some((gid) => gid !== target.gid))
    problems.push(`the group ids are ${status.gids.join(' ')}, not ${target.gid}`);
  if (!sameSet(status.groups, target.groups))
    problems.push(`the groups are [${status.groups.join(' ')}], not [${target.groups.join(' ')}]`);
  if (!target.drop || target.uid === 0) return problems;
  const { inheritable, permitted, effective, ambient } = status.capabilities;
  if (permitted | effective | ambient) problems.push('capabilities are left after the drop (securebits?)');
  if (inheritable && !clearsInheritable)
    problems.push('inheritable capabilities are left after the drop: leave no_new_privs on');
  return problems;
}

/**
 * Tries to become root again, in every way there is. Returns the ways that worked; the process must end
 * then.
 */
export function waysBackToRoot(target: Target): string[] {
  const ways: [string, () => void][] = [
    ['setuid', () => process.setuid?.(0)],
    ['seteuid', () => process.seteuid?.(0)],
  ];
  if (target.gid !== 0) {
    ways.push(['setgid', () => process.setgid?.(0)], ['setegid', () => process.setegid?.(0)]);
  }
  if (!target.groups.includes(0)) ways.push(['setgroups', () => process.setgroups?.([0])]);
  return ways.filter(([, way]) => succeeds(way)).map(([name]) => name);
}

function succeeds(way: () => void): boolean {
  try {
    way();
    return true;
  } catch {
    return false;
  }
}
