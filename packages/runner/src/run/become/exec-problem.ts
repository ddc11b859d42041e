import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { Refusal, reasonOf } from '../../refusal.ts';
import { findTool } from '../../trusted-tool.ts';
import { execArguments } from '../exec/execute.ts';
import { interpreterOf, readPart } from '../exec/executable.ts';
import type { Plan } from '../plan/plan.ts';
import { missingFileCapabilities } from './file-capabilities.ts';
import type { FileIdentity } from './files-being-written.ts';

/**
 * What would make the exec fail although the file is fine. Throws Refusal 126. It runs as the target user
 * and under the limits of the service, because the kernel's answer depends on both. Asked before the exec:
 * Node 24 aborts with a core when execve(2) fails, and setpriv reports it only after the pid file is
 * filled.
 */
export function checkExec(
  plan: Plan,
  executable: string,
  beingWritten: readonly FileIdentity[] | undefined,
): void {
  if (beingWritten) checkFile(plan, executable, beingWritten);
  const line = execArguments(plan, executable);
  const variables = Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`);
  const bytes = Buffer.byteLength([...line, ...variables].join('\0'));
  if (bytes < alwaysFitsBytes && plan.limits.length === 0 && !mayExceedProcessLimit()) return;
  const code = tryExec(plan, line);
  if (code === 'E2BIG')
    throw new Refusal(
      `${executable} cannot be executed: its arguments and environment are too long (${bytes} bytes, E2BIG)`,
      126,
    );
  if (code === 'EAGAIN')
    throw new Refusal(
      `${executable} cannot be executed: ${plan.target.name} has as many processes and threads as the ` +
        "nproc limit allows (EAGAIN); until the exec Node's own threads count too",
      126,
    );
  if (code === 'SIGKILL' || code === 'SIGSEGV')
    throw new Refusal(
      `${executable} cannot be executed: with these limits (as, data, stack) no program can start (${code})`,
      126,
    );
}

/** Half of what the kernel always allows for all strings, and for each: MAX_ARG_STRLEN, ARG_MAX. */
const alwaysFitsBytes = 65_536;

/** A script's interpreter line joins the arguments: at most BINPRM_BUF_SIZE. */
const interpreterLine = '#'.repeat(256);

/**
 * Starts `true` with the arguments of the service: the kernel judges them before it looks at the program.
 * Returns the error, or the signal by which the kernel ends what it cannot lay out in memory.
 */
function tryExec({ environment }: Plan, [program, ...args]: readonly string[]): string | undefined {
  const harmless = findTool('true');
  if (harmless === undefined) return undefined;
  const { error, signal } = spawnSync(harmless, [...args, interpreterLine], {
    argv0: program,
    env: environment,
    stdio: 'ignore',
    timeout: 5_000,
  });
  return error ? reasonOf(error) : (signal ?? undefined);
}

/**
 * False when the whole machine runs fewer threads than one user may: by far the usual case, and cheap to
 * know.
 */
function mayExceedProcessLimit(): boolean {
  const limit = /^Max processes\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const all = /\/(\d+) /.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1];
  return limit !== undefined && all !== undefined && Number(all) >= Number(limit);
}

/**
 * The program, and the interpreter of a script: execve(2) says ETXTBSY while anybody has it open for
 * writing, and EPERM where it demands a capability that cannot be had.
 */
function checkFile(plan: Plan, path: string, beingWritten: readonly FileIdentity[]): void {
  const { dev, ino } = statSync(path);
  if (beingWritten.some((file) => file.dev === dev && file.ino === ino))
    throw new Refusal(`${path} cannot be executed: somebody has it open for writing (ETXTBSY)`, 126);
  const header = readPart(path, 0, interpreterLine.length)?.toString('latin1') ?? '';
  const interpreter = interpreterOf(header);
  if (interpreter !== undefined && interpreter !== path) return checkFile(plan, interpreter, beingWritten);
  const missing = missingFileCapabilities(plan, path);
  if (missing.length > 0)
    throw new Refusal(
      `${path} cannot be executed: it demands the capabilities ${missing.join(', ')} (see getcap), which ` +
        'the service may not have (EPERM)',
      126,
    );
}
