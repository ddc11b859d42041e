import { readFileSync } from 'node:fs';

/** What /proc says this process is; the kernel's word, not Node's. */
export interface ProcessStatus {
  /** Real, effective, saved, file system. */
  uids: readonly number[];
  gids: readonly number[];
  groups: readonly number[];
  capabilities: {
    inheritable: bigint;
    permitted: bigint;
    effective: bigint;
    bounding: bigint;
    ambient: bigint;
  };
  noNewPrivs: boolean;
  /** Signals that are blocked; they stay so over an exec. */
  blockedSignals: bigint;
  /** Signals that are ignored; they stay so over an exec. */
  ignoredSignals: bigint;
}

export function readProcessStatus(): ProcessStatus {
  return parseProcessStatus(readFileSync('/proc/self/status', 'utf8'));
}

/** proc_pid_status(5). Throws when a line is missing: what cannot be read cannot be verified. */
export function parseProcessStatus(text: string): ProcessStatus {
  const line = (name: string): string => {
    const found = new RegExp(`^${name}:[ \t]*(.*)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new Error(`/proc/self/status has no ${name}`);
    return found.trim();
  };
  const numbers = (name: string) => (line(name) === '' ? [] : line(name).split(/\s+/).map(Number));
  const mask = (name: string) => BigInt(`0x${line(name)}`);
  return {
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups'),
    capabilities: {
      inheritable: mask('CapInh'),
      permitted: mask('CapPrm'),
      effective: mask('CapEff'),
      bounding: mask('CapBnd'),
      ambient: mask('CapAmb'),
    },
    noNewPrivs: line('NoNewPrivs') === '1',
    blockedSignals: mask('SigBlk'),
    ignoredSignals: mask('SigIgn'),
  };
}

/** Whether the process ignores TERM. False when that cannot be read. */
export function ignoresTerm(pid: number): boolean {
  try {
    const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return ((BigInt(`0x${ignored ?? '0'}`) >> 14n) & 1n) === 1n; // signal 15 is bit 14
  } catch {
    return false;
  }
}

/** What proc_pid_stat(5) says of a process. */
export interface ProcessStat {
  name: string;
  /** 'Z': ended, and only waiting for its parent to take note. */
  state: string;
  /** A terminal controls it. */
  terminal: boolean;
  threads: number;
  /** A thread of the kernel: no program, no signals. */
  kernel: boolean;
  /**
   * When it started, in clock ticks since boot. PIDs are used again; a PID with its start time names one
   * process.
   */
  startTicks: string;
}

/** Undefined when there is no such process. */
export function readProcessStat(pid: number | 'self'): ProcessStat | undefined {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return undefined;
  }
}

const pfKthread = 0x0020_0000;

/** The fields are counted after the name, which may hold spaces and brackets. */
export function parseProcessStat(stat: string): ProcessStat {
  const end = stat.lastIndexOf(')');
  const fields = stat.slice(end + 2).split(' ');
  const field = (number: number) => fields[number - 3] ?? '';
  return {
    name: stat.slice(stat.indexOf('(') + 1, end),
    state: field(3),
    terminal: field(7) !== '0',
    threads: Number(field(20)),
    kernel: (Number(field(9)) & pfKthread) !== 0,
    startTicks: field(22),
  };
}
