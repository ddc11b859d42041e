import { accessSync, constants } from 'node:fs';
import { credentialProblems, dropCredentials, waysBackToRoot } from './credentials.ts';
import { closeInheritedDescriptors } from './descriptors.ts';
import { findExecutable } from './executable.ts';
import { applyLimits } from './limits.ts';
import type { Plan } from './plan.ts';
import { readProcessStatus } from '../process-status.ts';
import { readProblem } from './readable.ts';
import { Refusal, reasonOf, type ExitCode } from '../refusal.ts';
import { changeableSteps, stepsTo, type Step } from '../takeover.ts';

/** Whether the service may start, found out as the user it will be. */
export interface Readiness {
  /** Descriptors that the service would have inherited. */
  closed: number[];
  executable: string | undefined;
  problems: string[];
  warnings: string[];
  exitCode: 0 | ExitCode;
}

/** Turns this process into the planned user, for good, checks that it is so, and then checks as that user what only he can tell. */
export function become(plan: Plan): Readiness {
  const ready: Readiness = { closed: [], executable: undefined, problems: [], warnings: [], exitCode: 0 };
  try {
    const stepsToRoot = plan.target.drop && plan.target.uid !== 0 ? whatRunsAsRoot(plan) : [];
    if (plan.prlimit) applyLimits(plan.prlimit, plan.limits);
    ready.closed = closeInheritedDescriptors();
    if (plan.umask !== undefined) process.umask(plan.umask);
    if (plan.target.drop) dropCredentials(plan.target);
    verifyCredentials(plan);

    for (const path of changeableSteps(stepsToRoot, plan.target.uid)) {
      ready.problems.push(
        `${path} runs as root or leads there, and ${plan.target.name} could change it: chown it to root, chmod go-w`,
      );
    }
    ready.problems.push(...plan.mustRead.flatMap((path) => readProblem(path) ?? []));
    if (ready.problems.length > 0) ready.exitCode = 125;
    enterFolder(plan.chdir, ready);
    ready.executable = findExecutable(plan.command[0], plan.environment['PATH'] ?? '');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    ready.problems.push(error.message);
    ready.exitCode ||= error.exitCode;
  }
  return ready;
}

/** The Runner, its Node and its helpers: a service that may write them is root at its next start. */
function whatRunsAsRoot(plan: Plan): Step[] {
  const helpers = plan.noNewPrivs instanceof Object ? [plan.noNewPrivs.setpriv] : [];
  const files = [process.argv[1], process.execPath, plan.prlimit, ...helpers];
  return files.flatMap((path) => (path === undefined ? [] : stepsTo(path)));
}

/** Throws: what follows must not run with credentials that nobody planned. */
function verifyCredentials({ target, noNewPrivs }: Plan): void {
  const wrong = credentialProblems(readProcessStatus(), target, noNewPrivs instanceof Object);
  if (target.uid !== 0) {
    wrong.push(
      ...waysBackToRoot(target).map((way) => `${way}(0) still works: the process could become root again`),
    );
  }
  if (wrong.length > 0) throw new Refusal(wrong.join('\n'));
}

/** As the user: a folder that he may not enter is no place to run. Without --chdir the caller's stays, with a warning. */
function enterFolder(folder: string | undefined, ready: Readiness): void {
  try {
    if (folder === undefined) accessSync('.', constants.X_OK);
    else process.chdir(folder);
  } catch (error) {
    const code = reasonOf(error);
    if (folder !== undefined) throw new Refusal(`--chdir ${folder}: ${code}`, 125, error);
    ready.warnings.push(`the service may not enter the folder it starts in (${code}): say --chdir`);
  }
}
