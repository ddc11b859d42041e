import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** A process that cannot be confused with a later one of the same number. */
export interface ProcessIdentity {
  pid: number;
  parent: number;
  /** When it began, in the system's own words: clock ticks since boot on Linux, a date on macOS. */
  began: string;
}

/** The process and all that descend from it, as of now. */
export function descendants(pid: number): ProcessIdentity[] {
  const all = listProcesses();
  const found = all.filter((one) => one.pid === pid);
  // It grows while it is walked.
  for (const parent of found) found.push(...all.filter((one) => one.parent === parent.pid));
  return found;
}

export function isAlive(identity: ProcessIdentity): boolean {
  const now =
    process.platform === 'linux'
      ? readStat(identity.pid)
      : listWithPs().find(({ pid }) => pid === identity.pid);
  return now?.began === identity.began;
}

function listProcesses(): ProcessIdentity[] {
  if (process.platform !== 'linux') return listWithPs();
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));
}

// proc(5): the second field is the program's name in parentheses and may hold anything; the 3rd, 4th and
// 22nd are the state, the parent and the start time. A zombie is as good as gone.
function readStat(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : { pid, parent: Number(fields[1]), began: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

function listWithPs(): ProcessIdentity[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,lstart='], { encoding: 'utf8' })
    .trim()
    .split('\n');
  return lines.map((line) => {
    const [pid, parent, ...began] = line.trim().split(/\s+/);
    return { pid: Number(pid), parent: Number(parent), began: began.join(' ') };
  });
}
