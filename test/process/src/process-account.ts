import { readFileSync } from 'node:fs';

/** The kernel counts in hundredths of a second, wherever Linux runs. */
const ticksPerSecond = 100;

/** User and system time of a process and its threads so far, s. Throws where there is no /proc. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

/** The most memory that it has had, bytes. Throws where there is no /proc, and when it has ended. */
export function peakRssBytesOf(pid: number): number {
  const said = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  if (said === undefined) throw new Error(`process ${pid} has ended`);
  return Number(said) * 1024;
}
