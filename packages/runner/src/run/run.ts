import { isUtf8 } from 'node:buffer';
import { readFileSync, statSync } from 'node:fs';
import { systemAccounts } from './plan/accounts.ts';
import { prepareAsUser, type PreparedAsUser } from './become/prepare-as-user.ts';
import { observeCaller } from './plan/caller.ts';
import { parseCommandLine, type Request } from './request/command-line.ts';
import { parseEnvFile, type Variable } from './request/env-file.ts';
import { executeAs } from './exec/execute.ts';
import { explain } from './explain.ts';
import { runHelp } from './help.ts';
import { makePlan, type Plan } from './plan/plan.ts';
import { isReady, notReady, type NotReady, type Ready } from './become/readiness.ts';
import { checkPidFile, makePidFile, type PidFile } from '../pid-file.ts';
import { Refusal, reasonOf, type ExitCode } from '../refusal.ts';
import { print, say } from '../say.ts';
import { findTool } from '../trusted-tool.ts';

/**
 * Does not return when all is well, because this process is the service then. Otherwise nothing was
 * started, and stderr says why.
 */
export function run(args: readonly string[]): 0 | ExitCode {
  if (typeof process.execve !== 'function')
    throw new Refusal(`Node ${process.version} has no execve; Node 24 or newer has`);
  const commandLine = parseCommandLine(args);
  if (commandLine.kind === 'wrong') return refuse(commandLine.problems, 125);
  if (commandLine.kind === 'run') return start(commandLine.request);
  print(runHelp);
  return 0;
}

/**
 * Plan, check as the user, make the pid file, become the user, then explain or execute. --explain does all
 * but the file and the last step, so it does not guess.
 */
function start(request: Request): 0 | ExitCode {
  const prepared = prepare(request);
  const { plan, ready } = prepared;
  if (request.explain) {
    print(explain(request.explain, request, plan, ready));
    return ready.exitCode;
  }
  for (const warning of ready.warnings) say(`warning: ${warning}`);
  if (!prepared.starts) return refuse(prepared.ready.problems, prepared.ready.exitCode);
  executeAs(prepared.plan, prepared.ready.executable, prepared.pidFile);
}

type Prepared =
  | { starts: true; plan: Plan; ready: Ready; pidFile: PidFile | undefined }
  | { starts: false; plan: Plan | undefined; ready: NotReady };

function prepare(request: Request): Prepared {
  try {
    const files = readEnvFiles(request.envFrom);
    const { plan, warnings, ...planned } = makePlan(request, {
      caller: observeCaller(),
      accounts: systemAccounts,
      findTool,
      fileVariables: files.variables,
    });
    const problems = [...planned.problems, ...files.problems];
    if (!plan || problems.length > 0)
      return { starts: false, plan, ready: { ...notReady(problems, 125), warnings } };
    const path = plan.pidFile === undefined ? undefined : checkPidFile(plan.pidFile);
    const { ready, finish } = prepareAsUser(plan, request.explain !== undefined);
    ready.warnings.unshift(...warnings);
    if (!isReady(ready)) return { starts: false, plan, ready };
    const pidFile = path === undefined || request.explain ? undefined : makePidFile(path);
    finishOrTakeBack(finish, pidFile);
    return { starts: true, plan, ready, pidFile };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { starts: false, plan: undefined, ready: notReady([error.message], error.exitCode) };
  }
}

/** Whatever fails here, nobody may find a pid file of a service that never started. */
function finishOrTakeBack(finish: PreparedAsUser['finish'], pidFile: PidFile | undefined): void {
  try {
    finish();
  } catch (error) {
    pidFile?.takeBack();
    throw error;
  }
}

function readEnvFiles(paths: readonly string[]): { variables: Variable[]; problems: string[] } {
  const files = paths.map((path) => {
    try {
      // A pipe of the caller's shell, `<(command)`, has a writer; a FIFO may wait for one for ever.
      if (statSync(path).isFIFO() && !/^\/(dev\/fd|proc\/(self|\d+)\/fd)\//.test(path))
        return { variables: [], problems: [`--env-from ${path} is a FIFO: give a file, or <(command)`] };
      const bytes = readFileSync(path);
      if (!isUtf8(bytes)) {
        const why = 'is not UTF-8: Node could not pass its values on unchanged';
        return { variables: [], problems: [`--env-from ${path} ${why}`] };
      }
      return parseEnvFile(bytes.toString('utf8'), path);
    } catch (error) {
      return { variables: [], problems: [`--env-from ${path}: ${reasonOf(error)}`] };
    }
  });
  return {
    variables: files.flatMap((file) => file.variables),
    problems: files.flatMap((file) => file.problems),
  };
}

function refuse(problems: readonly string[], exitCode: ExitCode): ExitCode {
  say(problems.join('\n'));
  return exitCode;
}
