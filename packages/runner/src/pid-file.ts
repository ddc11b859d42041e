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
  const content = file.size > contentMax ? undefined : parsePidFile(readFileSync(descriptor, 'latin1'));
  if (!content) {
    const why = `${path} is no pid file of penstock-run: it has no PID and start time`;
    throw new Refusal(`${why}. If another tool wrote it, and its service does not run: remove it`);
  }
  return content;
}

/** Two numbers and their line ends are far below; whatever is longer is another's file. */
const contentMax = 100;

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
 * Makes the file whole, never through a link and never over another's. `path` is absolute. Of several starts
 * at once, one goes on. It is called when everything has been judged, as the last act of root: the service's
 * user may not remove it. What a death leaves: before the file has its name, none, or the stale one of an
 * earlier start (and a file with `.new` behind its name, which nobody reads); then one that names a process
 * that has ended. `stop` sends nothing for any of them, and the next start replaces it.
 *
 * It is filled before it has its name: whoever sees it empty would take it for one whose start was cut short,
 * and start as well.
 */
export function makePidFile(path: string): PidFile {
  const unnamed = `${path}.${process.pid}.new`;
  try {
    const stale = openUnused(path);
    try {
      const descriptor = fill(unnamed);
      if (stale) takeAway(path, stale.descriptor);
      linkSync(unnamed, path); // fails where there is one, as O_EXCL does
      return { takeBack: () => takeBack(path, descriptor) };
    } finally {
      if (stale) closeSync(stale.descriptor);
      removeUnnamed(unnamed);
    }
  } catch (error) {
    if (error instanceof Refusal) throw error;
    if (reasonOf(error) === 'EEXIST') throw new Refusal(replaced(path), 125, error);
    throw new Refusal(`--pid-file ${path} cannot be made: ${reasonOf(error)}`, 125, error);
  }
}

/** Throws when the disk is full, or with --limit fsize=0. */
function fill(unnamed: string): number {
  removeUnnamed(unnamed); // of a start that was killed, whose PID is ours now
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const descriptor = openSync(unnamed, flags, 0o644);
  fchmodSync(descriptor, 0o644); // whatever the mask is
  writeSync(descriptor, `${process.pid}\n${readProcessStat('self')?.startTicks}\n`);
  return descriptor;
}

function removeUnnamed(unnamed: string): void {
  try {
    unlinkSync(unnamed);
  } catch (error) {
    if (reasonOf(error) !== 'ENOENT') throw error;
  }
}

function takeBack(path: string, descriptor: number): boolean {
  try {
    unlinkSync(path);
    return true;
  } catch {
    ftruncateSync(descriptor, 0);
    return false;
  }
}

/**
 * Starts that have all seen the stale file must not all remove it: a later one would remove what an earlier
 * one has made in its place, and both would run. So each takes it away by a rename, which one of them can do,
 * and looks what it has got.
 */
function takeAway(path: string, stale: number): void {
  const judged = fstatSync(stale);
  const aside = `${path}.${process.pid}.stale`;
  try {
    if (lstatSync(path).ino !== judged.ino) throw new Refusal(replaced(path));
    renameSync(path, aside);
  } catch (error) {
    if (reasonOf(error) === 'ENOENT') throw new Refusal(replaced(path), 125, error);
    throw error;
  }
  const taken = lstatSync(aside);
  if (judged.ino === taken.ino && judged.dev === taken.dev) return unlinkSync(aside);
  try {
    linkSync(aside, path);
  } finally {
    unlinkSync(aside);
  }
  throw new Refusal(replaced(path));
}

const replaced = (path: string): string => `--pid-file ${path}: another start has replaced it meanwhile`;
