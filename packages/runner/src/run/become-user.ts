import { accessSync, constants } from 'node:fs';
import { credentialProblems, dropCredentials, waysBackToRoot } from './credentials.ts';
import { findExecutable, readPart } from './executable.ts';
import { shellScriptProblem } from './shell-wrapper.ts';
import type { Plan } from './plan.ts';
import { readProblem } from './readable.ts';
import type { Readiness } from './readiness.ts';
import { readProcessStatus } from '../process-status.ts';
import { Refusal, reasonOf } from '../refusal.ts';
import { changeableSteps, type Step } from '../takeover.ts';

/** Of a start script: enough to find its exec. */
const SCRIPT_BYTES = 65_536;

/** The last part of becoming: users, then what only they can tell. */
export function becomeUser(plan: Plan, stepsToRoot: readonly Step[]): Readiness {
  const ready: Readiness = { closed: [], executable: undefined, problems: [], warnings: [], exitCode: 0 };
  try {
    if (plan.target.drop) dropCredentials(plan.target);
    verifyCredentials(plan);

    for (const path of changeableSteps(stepsToRoot, plan.target.uid)) {
      ready.problems.push(
        `${path} runs as root, is read as root or leads there, and ${plan.target.name} could change it: chown it to root, chmod go-w`,
      );
    }
    ready.problems.push(...plan.mustRead.flatMap((path) => readProblem(path) ?? []));
    if (ready.problems.length > 0) ready.exitCode = 125;
    enterFolder(plan.chdir, ready);
    ready.executable = findExecutable(plan.command[0], plan.environment['PATH'] ?? '');
    const start = readPart(ready.executable, 0, SCRIPT_BYTES)?.toString('latin1') ?? '';
    const wrapper = shellScriptProblem(ready.executable, start);
    if (wrapper) ready.warnings.push(wrapper);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    ready.problems.push(error.message);
    ready.exitCode ||= error.exitCode;
  }
  return ready;
}

/** Throws: what follows must not run with credentials that nobody planned. */
function verifyCredentials({ target, noNewPrivs, ambient }: Plan): void {
  const cleared = noNewPrivs instanceof Object || ambient !== undefined;
  const status = readProcessStatus();
  const wrong = credentialProblems(status, target, cleared);
  // Node unblocks what the caller blocked, and with --disable-sigusr1 it blocks one itself.
  if (status.blockedSignals)
    wrong.push(
      `signals are blocked (${status.blockedSignals.toString(16)}), and would be in the service: start the Runner without Node flags`,
    );
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
