import { accessSync, constants } from 'node:fs';
import { changeableSteps, type Step } from '../../changeable-files.ts';
import { readProcessStatus } from '../../process-status.ts';
import { Refusal, reasonOf } from '../../refusal.ts';
import { findExecutable, readPart } from '../exec/executable.ts';
import { shellScriptProblem } from '../../shell-wrapper.ts';
import type { Plan } from '../plan/plan.ts';
import { applyLimits } from './apply-limits.ts';
import { credentialProblems, dropCredentials, waysBackToRoot } from './credentials.ts';
import { checkExec } from './exec-problem.ts';
import type { FileIdentity } from './files-being-written.ts';
import { readProblem } from './read-problem.ts';
import { notReady, withProblems, type Readiness } from './readiness.ts';

/** Enough of a start script to find its exec. */
const scriptBytes = 65_536;

/** What had to be looked at before the change of user. */
export interface SeenAsCaller {
  /** Every step on the way to what runs, or is read, as root. */
  stepsToRoot: readonly Step[];
  /** Undefined where a failed exec is noticed in time. */
  beingWritten?: readonly FileIdentity[];
}

/** Becomes the user, under the limits of the service, and finds out what only that user can tell. */
export function becomeAndCheck(plan: Plan, { stepsToRoot, beingWritten }: SeenAsCaller): Readiness {
  const problems: string[] = [];
  const warnings: string[] = [];
  try {
    if (plan.prlimit) applyLimits(plan.prlimit, plan.limits);
    becomeUser(plan);

    for (const path of changeableSteps(stepsToRoot, plan.target.uid)) {
      problems.push(
        `${path} runs as root, is read as root or leads there, and ${plan.target.name} could change it: ` +
          'chown it to root, chmod go-w',
      );
    }
    problems.push(...plan.mustRead.flatMap((path) => readProblem(path) ?? []));
    warnings.push(...enterOrCheckFolder(plan.chdir));
    const executable = findExecutable(plan.command[0], plan.environment['PATH'] ?? '');
    checkExec(plan, executable, beingWritten);
    const start = readPart(executable, 0, scriptBytes)?.toString('latin1') ?? '';
    const wrapper = shellScriptProblem(executable, start);
    if (wrapper) warnings.push(wrapper);
    return withProblems({ exitCode: 0, executable, closed: [], problems: [], warnings }, problems);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return withProblems({ ...notReady([error.message], error.exitCode), warnings }, problems);
  }
}

/** For good. Throws Refusal: what follows must not run with credentials that nobody planned. */
export function becomeUser({ target, noNewPrivs, ambient }: Plan): void {
  if (target.drop) dropCredentials(target);
  const cleared = noNewPrivs instanceof Object || ambient !== undefined;
  const status = readProcessStatus();
  const wrong = credentialProblems(status, target, cleared);
  // Node unblocks what the caller blocked, but --disable-sigusr1 makes it block one itself.
  if (status.blockedSignals)
    wrong.push(
      `signals are blocked (${status.blockedSignals.toString(16)}), and would be in the service: ` +
        'start the Runner without Node flags',
    );
  if (target.uid !== 0) {
    wrong.push(
      ...waysBackToRoot(target).map((way) => `${way}(0) still works: the process could become root again`),
    );
  }
  if (wrong.length > 0) throw new Refusal(wrong.join('\n'));
}

/** Throws Refusal. */
export function enterFolder(folder: string): void {
  try {
    process.chdir(folder);
  } catch (error) {
    throw new Refusal(`--chdir ${folder}: ${reasonOf(error)}`, 125, error);
  }
}

/**
 * Enters the service's folder as the user, because the user may not have the right to. Without --chdir the
 * caller's folder stays. If the user may not enter that, a warning says so; if it is gone, nothing can
 * start there. Returns the warnings, throws Refusal.
 */
function enterOrCheckFolder(folder: string | undefined): string[] {
  if (folder !== undefined) {
    enterFolder(folder);
    return [];
  }
  try {
    process.cwd();
  } catch (error) {
    throw new Refusal(
      `the working directory is gone or cannot be reached (${reasonOf(error)}): say --chdir FOLDER`,
      125,
      error,
    );
  }
  try {
    accessSync('.', constants.X_OK);
    return [];
  } catch (error) {
    return [`the service may not enter the folder it starts in (${reasonOf(error)}): say --chdir`];
  }
}
