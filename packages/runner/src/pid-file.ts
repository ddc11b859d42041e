import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
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

/** What a pid file says. `nothing`: it is empty, its start was cut short. */
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
  const found = openPidFile(path);
  if (found) closeSync(found.descriptor);
  return found?.content;
}

interface Found {
  /** Held open, so that no new file can get its inode number. */
  descriptor: number;
  content: PidFileContent;
}

function openPidFile(path: string): Found | undefined {
  let descriptor: number;
  try {
    if (!lstatSync(path).isFile()) throw new Refusal(`${path} is not a regular file`);
    // Without O_NONBLOCK a FIFO that has come meanwhile would wait for its writer.
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const reason = reasonOf(error);
    if (reason === 'ENOENT') return undefined;
    throw new Refusal(`the pid file ${path}: ${reason}`, 125, error);
  }
  try {
    return { descriptor, content: readBelieved(path, descriptor) };
  } catch (error) {
    closeSync(descriptor);
    if (error instanceof Refusal) throw error;
    throw new Refusal(`the pid file ${path}: ${reasonOf(error)}`, 125, error);
  }
}

function readBelieved(path: string, descriptor: number): PidFileContent {
  const file = fstatSync(descriptor);
  if (!file.isFile()) throw new Refusal(`${path} is not a regular file`);
  const { uid: owner, mode } = file;
  const others = [
    ...stepsOfOthers(stepsTo(dirname(resolve(path))), trusted()),
    ...stepsOfOthers([{ path, owner, mode, kind: 'file' }], trusted()),
  ];
  if (others.length > 0)
    throw new Refusal(`${others.join(', ')} can be changed by others: ${path} cannot be believed`);
  const content = file.size > CONTENT_MAX ? undefined : parsePidFile(readFileSync(descriptor, 'latin1'));
  if (!content) throw new Refusal(`${path} is no pid file of penstock-run: it has no PID and start time`);
  return content;
}

/** Two numbers and their line ends are far below; whatever is longer is another's file. */
const CONTENT_MAX = 100;

/** Root, and the user of this process: a user's own file can only stop that user's own processes. */
function trusted(): number[] {
  return [...new Set([0, process.geteuid?.() ?? 0])];
}

/**
 * Whether the file may be made: others must not be able to change its folder, and what it names must not
 * run. Throws Refusal. Returns its absolute path, since --chdir comes before it is made.
 */
export function checkPidFile(path: string): string {
  let others: string[];
  let absolute: string;
  try {
    absolute = resolve(path);
    others = stepsOfOthers(stepsTo(dirname(absolute)), trusted());
  } catch (error) {
    throw new Refusal(`--pid-file ${path}: ${reasonOf(error)}`, 125, error);
  }
  if (others.length > 0)
    throw new Refusal(
      `--pid-file ${path}: ${others.join(', ')} can be changed by others, and the file with it`,
    );
  const found = openUnused(absolute);
  if (found) closeSync(found.descriptor);
  return absolute;
}

/** Undefined when there is no file. Throws Refusal when it names a process that runs. */
function openUnused(path: string): Found | undefined {
  const found = openPidFile(path);
  if (found?.content.kind !== 'process') return found;
  const { process: named } = found.content;
  if (named.pid === process.pid || !isRunning(named)) return found;
  closeSync(found.descriptor);
  const name = readProcessStat(named.pid)?.name;
  throw new Refusal(`--pid-file ${path}: process ${named.pid} (${name}) runs: stop it first`);
}

export interface PidFile {
  /** Nothing was started after all. True: it is gone. False: this user may not remove it, so it is empty. */
  takeBack(): boolean;
}

/**
 * Makes the file and fills it, never through a link and never over another's. `path` is absolute. Two starts
 * at once: one of them is refused. It is called when everything has been judged, as the last act of root:
 * the service's user may not remove it. What a death leaves: before the open, no file (or a stale one of an
 * earlier start under another name); before the write, an empty one; behind it, one that names a process
 * that has ended. `stop` sends nothing for any of them, and the next start replaces it.
 */
export function makePidFile(path: string): PidFile {
  try {
    const stale = openUnused(path);
    let descriptor: number;
    try {
      if (stale) moveAway(path, stale.descriptor);
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      descriptor = openSync(path, flags, 0o644);
    } finally {
      if (stale) closeSync(stale.descriptor);
    }
    return fill(path, descriptor);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (reasonOf(error) === 'EEXIST') throw new Refusal(replaced(path), 125, error);
    throw new Refusal(`--pid-file ${path} cannot be made: ${reasonOf(error)}`, 125, error);
  }
}

function fill(path: string, descriptor: number): PidFile {
  const takeBack = (): boolean => {
    try {
      unlinkSync(path);
      return true;
    } catch {
      ftruncateSync(descriptor, 0);
      return false;
    }
  };
  try {
    fchmodSync(descriptor, 0o644); // whatever the mask is
    writeSync(descriptor, `${process.pid}\n${readProcessStat('self')?.startTicks}\n`);
  } catch (error) {
    takeBack(); // the disk is full, or --limit fsize=0
    throw error;
  }
  return { takeBack };
}

/**
 * Two starts that have both seen the stale file must not both remove it: the second would remove the file
 * that the first has made in its place, and both would run. So each takes it away by a rename, and looks what
 * it has got.
 */
function moveAway(path: string, stale: number): void {
  const aside = `${path}.${process.pid}.stale`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (reasonOf(error) === 'ENOENT') return; // another start was faster: who makes the new file is open
    throw error;
  }
  const [judged, taken] = [fstatSync(stale), lstatSync(aside)];
  if (judged.ino === taken.ino && judged.dev === taken.dev) return unlinkSync(aside);
  try {
    linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
  throw new Refusal(replaced(path));
}

const replaced = (path: string): string => `--pid-file ${path}: another start has replaced it meanwhile`;
