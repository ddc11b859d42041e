import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';
import { parseProcessStat } from '../../process-status.ts';
import { reasonOf } from '../../refusal.ts';

/** One process as /proc shows it now. */
export interface LiveProcess {
  pid: number;
  parentPid: number;
  command: string[];
  uid: number;
  /** Its PID in the innermost PID namespace: 1 for the first process of a container. */
  innerPid: number;
  /** SIGTERM: handled by the program, ignored, or left to the kernel's default. */
  term: 'handled' | 'ignored' | 'default';
  termBlocked: boolean;
  mayKillOthers: boolean;
  cgroup: string;
  /** It has ended and waits for its parent, or it is a part of the kernel: nothing to stop. */
  noService: 'ended' | 'kernel' | undefined;
}

const capKill = 5n;
const sigterm = 15n;

/**
 * Throws when there is no such process. What may not be read of others' processes needs root, and says so.
 */
export function readLiveProcess(pid: number): LiveProcess {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const line = (name: string): string =>
    new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim() ?? '';
  const has = (mask: string, bit: bigint): boolean => ((BigInt(`0x${line(mask) || '0'}`) >> bit) & 1n) === 1n;
  const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  return {
    pid,
    parentPid: Number(line('PPid')),
    command: command.length > 0 ? command : [line('Name')],
    uid: Number(line('Uid').split(/\s+/)[1]),
    innerPid: Number(line('NSpid').split(/\s+/).at(-1) ?? pid),
    term: has('SigIgn', sigterm - 1n) ? 'ignored' : has('SigCgt', sigterm - 1n) ? 'handled' : 'default',
    termBlocked: has('SigBlk', sigterm - 1n),
    mayKillOthers: has('CapEff', capKill),
    cgroup: readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim(),
    noService: noServiceOf(pid),
  };
}

function noServiceOf(pid: number): LiveProcess['noService'] {
  const { kernel, state, threads } = parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (kernel) return 'kernel';
  // A process of threads whose first one has ended shows Z as well, and still runs.
  return ['Z', 'X', 'x'].includes(state) && threads <= 1 ? 'ended' : undefined;
}

/**
 * The process, its parent, and so on up to one that has no parent we can see: hidden (hidepid), or ended
 * meanwhile.
 */
export function readAncestry(pid: number): LiveProcess[] {
  const ancestry = [readLiveProcess(pid)];
  for (let parent = ancestry[0]!.parentPid; parent > 0;) {
    const process = visible(parent);
    if (!process) break;
    ancestry.push(process);
    parent = process.parentPid;
  }
  return ancestry;
}

function visible(pid: number): LiveProcess | undefined {
  try {
    return readLiveProcess(pid);
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(reasonOf(error))) return undefined;
    throw error;
  }
}

/** The file it runs, where that may be read: a name can be set by the program itself. */
export function programOf({ pid, command }: LiveProcess): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
  } catch {
    return basename(command[0] ?? '').replace(/^-/, '');
  }
}
