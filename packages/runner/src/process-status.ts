import { readFileSync } from 'node:fs';

/** What /proc says this process is; the kernel's word, not Node's. */
export interface ProcessStatus {
  /** Real, effective, saved, file system. */
  uids: readonly number[];
  gids: readonly number[];
  groups: readonly number[];
  capabilities: { inheritable: bigint; permitted: bigint; effective: bigint; ambient: bigint };
  noNewPrivs: boolean;
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
      ambient: mask('CapAmb'),
    },
    noNewPrivs: line('NoNewPrivs') === '1',
  };
}

/** Whether a terminal controls this process: field 7 of proc_pid_stat(5), counted after the name, which may hold spaces and brackets. */
export function hasControllingTerminal(stat: string): boolean {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[4] !== '0';
}
