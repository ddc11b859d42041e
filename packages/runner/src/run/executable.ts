import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refusal, reasonOf } from '../refusal.ts';

/** As the kernel's BINPRM_MAX_RECURSION and BINPRM_BUF_SIZE have it. */
const INTERPRETERS_MAX = 4;
const HEADER_BYTES = 256;

/**
 * The absolute path of the command, searched in `searchPath` unless it has a slash. Runs as the target user, in the service's folder, since
 * who may execute what depends on both. Throws Refusal 127 when it is not there and 126 when it cannot be executed: execve(2) of Node 24
 * aborts with a core instead of saying so, and setpriv would hand a file that the kernel refuses to /bin/sh.
 */
export function findExecutable(command: string, searchPath: string): string {
  if (command.includes('/')) {
    const path = resolve(command);
    checkExecutable(path, path, INTERPRETERS_MAX);
    return path;
  }
  let refused: Refusal | undefined;
  for (const folder of searchPath.split(':')) {
    try {
      const path = resolve(join(folder, command));
      checkExecutable(path, path, INTERPRETERS_MAX);
      return path;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.exitCode === 126) refused ??= error;
    }
  }
  throw refused ?? new Refusal(`${command} is not found in ${searchPath}`, 127);
}

function checkExecutable(path: string, command: string, depth: number): void {
  try {
    if (!statSync(path).isFile()) throw new Refusal(`${path} is not a file`, 126);
    accessSync(path, constants.X_OK);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const code = reasonOf(error);
    if (path !== command)
      throw new Refusal(`${command}: its interpreter ${path} cannot be executed (${code})`, 126, error);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Refusal(`${path} is not found`, 127, error);
    throw new Refusal(`${path} cannot be executed by this user (${code})`, 126, error);
  }
  const header = readHeader(path);
  if (header === undefined || header.subarray(0, 4).equals(Buffer.from('\x7fELF'))) return;
  const interpreter = interpreterOf(header.toString('latin1'));
  if (interpreter === undefined)
    throw new Refusal(`${path} is neither a program nor a script with a #! line`, 126);
  if (depth === 0) throw new Refusal(`${command}: too many interpreters in a row`, 126);
  checkExecutable(interpreter, command, depth - 1);
}

/** Undefined when this user may execute the file but not read it: the kernel decides then. */
function readHeader(path: string): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    return header.subarray(0, readSync(descriptor, header, 0, HEADER_BYTES, 0));
  } finally {
    closeSync(descriptor);
  }
}

/** The path after `#!`, spaces allowed before it; undefined when the file starts with anything else. */
export function interpreterOf(header: string): string | undefined {
  return /^#![ \t]*([^ \t\n\0]+)/.exec(header)?.[1];
}
