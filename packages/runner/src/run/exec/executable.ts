import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { elfProblem, parseElf, thisMachine, type Elf } from './elf.ts';
import { Refusal, reasonOf } from '../../refusal.ts';

/** As the kernel's exec_binprm() and BINPRM_BUF_SIZE have it. */
const interpretersMax = 5;
const scriptHeaderBytes = 256;

/**
 * The absolute path of the command, looked up in `searchPath` unless it has a slash. It runs as the target
 * user and in the service's folder, since the answer depends on both. Throws Refusal 127 when the command
 * is not there, and 126 when it cannot be executed: execve(2) of Node 24 aborts with a core instead of
 * saying so, and setpriv would hand a file that the kernel refuses to /bin/sh.
 */
export function findExecutable(command: string, searchPath: string): string {
  if (command.includes('/')) {
    const path = resolve(command);
    checkExecutable(path, path, interpretersMax);
    return path;
  }
  let refused: Refusal | undefined;
  for (const folder of searchPath.split(':')) {
    try {
      const path = resolve(join(folder, command));
      checkExecutable(path, path, interpretersMax);
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
  const header = readPart(path, 0, scriptHeaderBytes);
  if (header === undefined) return;
  const elf = readElf(path);
  if (elf) return checkElf(path, command, elf);
  const interpreter = interpreterOf(header.toString('latin1'));
  if (interpreter === undefined)
    throw new Refusal(`${path} is neither a program nor a script with a #! line`, 126);
  if (depth === 0) throw new Refusal(`${command}: too many interpreters in a row`, 126);
  checkExecutable(interpreter, command, depth - 1);
}

function readElf(path: string): Elf | undefined {
  return parseElf((offset, bytes) => readPart(path, offset, bytes) ?? Buffer.alloc(0));
}

/** The kernel would say ENOEXEC, and ENOENT for a missing loader, as if the program itself were not there. */
function checkElf(path: string, command: string, elf: Elf): void {
  const problem = elfProblem(elf, thisMachine());
  if (problem) throw new Refusal(`${path} ${problem}`, 126);
  if (elf.loader === undefined) return;
  const reason = loaderProblem(elf.loader, elf);
  if (reason === undefined) return;
  throw new Refusal(
    `${command}: the loader ${elf.loader} of ${path} cannot be executed (${reason}): ` +
      'was it built for another system?',
    126,
  );
}

/** The errno that execve(2) would answer for such a loader. */
function loaderProblem(loader: string, { bits, machine }: Elf): string | undefined {
  try {
    if (!statSync(loader).isFile()) return 'EACCES';
    accessSync(loader, constants.X_OK);
  } catch (error) {
    return reasonOf(error);
  }
  if (readPart(loader, 0, 4) === undefined) return undefined; // may be executed, but not read
  const own = readElf(loader);
  return own && own.broken === undefined && own.bits === bits && own.machine === machine
    ? undefined
    : 'ELIBBAD';
}

/** Undefined when this user may execute the file but not read it: the kernel decides then. */
export function readPart(path: string, offset: number, bytes: number): Buffer | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    const part = Buffer.alloc(bytes);
    return part.subarray(0, readSync(descriptor, part, 0, bytes, offset));
  } finally {
    closeSync(descriptor);
  }
}

/**
 * The path after `#!`, spaces allowed before it; undefined when the file starts with anything else, or when
 * the path does not end within the 256 bytes that the kernel reads.
 */
export function interpreterOf(header: string): string | undefined {
  const path = /^#![ \t]*([^ \t\n\0]+)/.exec(header.slice(0, scriptHeaderBytes));
  return path && path[0].length < scriptHeaderBytes ? path[1] : undefined;
}
