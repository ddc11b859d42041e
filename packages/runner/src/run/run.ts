import { readFileSync } from 'node:fs';
import { systemAccounts } from './accounts.ts';
import { become, type Readiness } from './become.ts';
import { observeCaller } from './caller.ts';
import { parseCommandLine, type Request } from './command-line.ts';
import { parseEnvFile, type Variable } from './env-file.ts';
import { executeAs } from './execute.ts';
import { explain } from './explain.ts';
import { RUN_HELP } from './help.ts';
import { makePlan } from './plan.ts';
import { Refusal, reasonOf, type ExitCode } from '../refusal.ts';
import { print, say } from '../say.ts';
import { findTool } from '../trusted-tool.ts';

/** Does not return when all is well: this process is the service then. Otherwise nothing was started, and why is on stderr. */
export function run(args: readonly string[]): 0 | ExitCode {
  if (typeof process.execve !== 'function')
    throw new Refusal(`Node ${process.version} has no execve; Node 24 or newer has`);
  const commandLine = parseCommandLine(args);
  if (commandLine.kind === 'wrong') return refuse(commandLine.problems, 125);
  if (commandLine.kind === 'run') return start(commandLine.request);
  print(RUN_HELP);
  return 0;
}

/** Plan, become the user, then explain or execute. --explain does all but the last step, so its answer is not a guess. */
function start(request: Request): 0 | ExitCode {
  const files = readEnvFiles(request.envFrom);
  const surroundings = {
    caller: observeCaller(),
    accounts: systemAccounts,
    findTool,
    fileVariables: files.variables,
  };
  const { plan, problems, warnings } = makePlan(request, surroundings);
  problems.push(...files.problems);
  const ready: Readiness =
    plan && problems.length === 0
      ? become(plan)
      : { closed: [], executable: undefined, problems, warnings: [], exitCode: 125 };
  ready.warnings.unshift(...warnings);
  if (request.explain) {
    print(explain(request.explain, request, plan, ready));
    return ready.exitCode;
  }
  for (const warning of ready.warnings) say(`warning: ${warning}`);
  if (!plan || ready.exitCode !== 0 || ready.executable === undefined)
    return refuse(ready.problems, ready.exitCode || 125);
  executeAs(plan, ready.executable);
}

function readEnvFiles(paths: readonly string[]): { variables: Variable[]; problems: string[] } {
  const files = paths.map((path) => {
    try {
      return parseEnvFile(readFileSync(path, 'utf8'), path);
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
