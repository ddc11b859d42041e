import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parseDecimal } from './id.ts';
import { readProcessStat } from './process-status.ts';
import { Refusal, reasonOf } from './refusal.ts';
import { stepsOfOthers, stepsTo } from './changeable-files.ts';

/** Names one process and no other: PIDs are used again, but not with the same start time. */
export interface ProcessName {
  pid: number;
  startTicks: string;
}

/** What a pid file says. `nothing`: it is empty, its start was refused. */
export type PidFileContent = { kind: 'process'; process: ProcessName } | { kind: 'nothing' };

/**
 * The PID has a line of its own, so that systemd and monit, which read the first line, can read this file
 * too.
 */
export function parsePidFile(text: string): PidFileContent | undefined {
  if (text === '') return { kind: 'nothing' };
  const [pidText = '', startTicks = '', end, ...rest] = text.split('\n');
  const [pid, ticks] = [parseDecimal(pidText), parseDecimal(startTicks)];
  if (end !== '' || rest.length > 0 || ticks === undefined || pid === undefined || pid < 1) return undefined;
  return { kind: 'process', process: { pid, startTicks } };
}

/** Whether this very process runs. One that has ended and waits only for its parent to notice does not. */
export function isRunning({ pid, startTicks }: ProcessName): boolean {
  const stat = readProcessStat(pid);
  if (!stat || stat.startTicks !== startTicks) return false;
  // A process of threads whose first one has ended shows Z as well, and still runs.
  return !['Z', 'X', 'x'].includes(stat.state) || stat.threads > 1;
}

/**
 * Reads the file after checking that nobody but root and this process's own user could have written it,
 * because whoever writes a pid file chooses what root sends TERM to. Throws Refusal; a missing file is
 * `undefined`.
 */
export function readPidFile(path: string): PidFileContent | undefined {
  try {
    const folder = dirname(resolve(path));
    const file = lstatSync(path);
    if (!file.isFile()) throw new Refusal(`${path} is not a regular file`);
    const { uid: owner, mode } = file;
    const others = [
      ...stepsOfOthers(stepsTo(folder), trusted()),
      ...stepsOfOthers([{ path, owner, mode, kind: 'file' }], trusted()),
    ];
    if (others.length > 0)
      throw new Refusal(`${others.join(', ')} can be changed by others: ${path} cannot be believed`);
    const content = parsePidFile(readFileSync(path, 'latin1'));
    if (!content) throw new Refusal(`${path} is no pid file of penstock-run: it has no PID and start time`);
    return content;
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (reasonOf(error) === 'ENOENT') return undefined;
    throw new Refusal(`the pid file ${path}: ${reasonOf(error)}`, 125, error);
  }
}

/** Root, and the user of this process: a user's own file can only stop that user's own processes. */
function trusted(): number[] {
  return [...new Set([0, process.geteuid?.() ?? 0])];
}

/**
 * Whether the file may be made: others must not be able to change its folder, and what it names must not
 * run. Throws Refusal. `stale`: a file is in the way whose process has ended, or whose start was refused.
 */
export function checkPidFile(path: string): { stale: boolean } {
  let others: string[];
  try {
    others = stepsOfOthers(stepsTo(dirname(resolve(path))), trusted());
  } catch (error) {
    throw new Refusal(`--pid-file ${path}: ${reasonOf(error)}`, 125, error);
  }
  if (others.length > 0)
    throw new Refusal(
      `--pid-file ${path}: ${others.join(', ')} can be changed by others, and the file with it`,
    );
  const content = readPidFile(path);
  if (content?.kind === 'process' && content.process.pid !== process.pid && isRunning(content.process)) {
    const name = readProcessStat(content.process.pid)?.name;
    throw new Refusal(`--pid-file ${path}: process ${content.process.pid} (${name}) runs: stop it first`);
  }
  return { stale: content !== undefined };
}

export interface PidFile {
  /** The last act before the exec. The descriptor was opened as root: the user has no right to the folder. */
  fill(): void;
  /** Nothing was started after all. The user may not remove the file, so an empty one says it. */
  empty(): void;
}

/**
 * Makes the file, never through a link and never over another's. Two starts at once: one of them is
 * refused.
 */
export function makePidFile(path: string): PidFile {
  const { stale } = checkPidFile(path);
  try {
    if (stale) unlinkSync(path);
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const descriptor = openSync(path, flags, 0o644);
    fchmodSync(descriptor, 0o644);
    const [made, found] = [fstatSync(descriptor), lstatSync(path)];
    if (made.ino !== found.ino || made.dev !== found.dev) {
      closeSync(descriptor);
      throw new Refusal(`--pid-file ${path}: another start has replaced it meanwhile`);
    }
    const ticks = readProcessStat('self')?.startTicks;
    return {
      fill: () => void writeSync(descriptor, `${process.pid}\n${ticks}\n`, 0),
      empty: () => ftruncateSync(descriptor, 0),
    };
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`--pid-file ${path} cannot be made: ${reasonOf(error)}`, 125, error);
  }
}
