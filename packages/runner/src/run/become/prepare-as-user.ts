import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stepsTo, type Step } from '../../changeable-files.ts';
import { Refusal } from '../../refusal.ts';
import type { Plan } from '../plan/plan.ts';
import { applyLimits } from './apply-limits.ts';
import { becomeAndCheck, becomeUser, enterFolder, type SeenAsCaller } from './become-user.ts';
import { checkInChild } from './check-in-child.ts';
import { closeInheritedDescriptors, keepingProblems } from './descriptors.ts';
import { filesBeingWritten } from './files-being-written.ts';
import { isReady, notReady, withProblems, type Readiness } from './readiness.ts';
import { verifyAmbient } from './verify-ambient.ts';

export interface PreparedAsUser {
  ready: Readiness;
  /** What is left until this process is the user. Nothing, unless a child was the user until now. */
  finish: () => void;
}

/**
 * Prepares this process for the service, and finds out as the planned user whether it may start. Sets the
 * umask, closes descriptors, becomes that user for good, and verifies that it did. A child becomes the user
 * instead where this process has to stay root for a while: to make the
 * pid file, which the user could never remove when its start is refused, or to give setpriv capabilities to
 * keep. `explains`: nothing will be executed, so nobody else will notice that it cannot be.
 */
export function prepareAsUser(plan: Plan, explains: boolean): PreparedAsUser {
  const makesFile = plan.pidFile !== undefined && plan.target.drop && !explains;
  try {
    const seen: SeenAsCaller = {
      stepsToRoot: plan.target.drop && plan.target.uid !== 0 ? whatRootUses(plan) : [],
      ...((explains || noticesTooLate(plan)) && { beingWritten: filesBeingWritten() }),
    };
    const unkept = keepingProblems(plan.keepDescriptors);
    const closed = closeInheritedDescriptors(plan.keepDescriptors);
    if (plan.umask !== undefined) process.umask(plan.umask);
    const inChild = plan.ambient !== undefined || makesFile;
    const ready = inChild ? checkInChild(plan, seen) : becomeAndCheck(plan, seen);
    if (plan.ambient && isReady(ready)) verifyAmbient(plan, plan.ambient);
    const finish = () => (inChild ? becomeAsChecked(plan) : undefined);
    return { ready: { ...withProblems(ready, unkept), closed }, finish };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { ready: notReady([error.message], error.exitCode), finish: () => undefined };
  }
}

/** What the child has found to be possible. With capabilities to keep, setpriv changes the user. */
function becomeAsChecked(plan: Plan): void {
  if (plan.prlimit) applyLimits(plan.prlimit, plan.limits);
  if (!plan.ambient) becomeUser(plan);
  if (plan.chdir !== undefined) enterFolder(plan.chdir);
}

/** A pid file would name what never started; and Node 24 aborts when its own execve(2) fails. */
function noticesTooLate({ pidFile, noNewPrivs, ambient }: Plan): boolean {
  const execsItself = !ambient && !(noNewPrivs instanceof Object);
  return pidFile !== undefined || (execsItself && Number.parseInt(process.versions.node, 10) < 26);
}

/**
 * The Runner, its Node, its tools, and the files read as root for the service: a service that may write one
 * of them is root at its next start.
 */
function whatRootUses({ noNewPrivs, ambient, prlimit, envFrom }: Plan): Step[] {
  const setpriv = ambient?.setpriv ?? (noNewPrivs instanceof Object ? noNewPrivs.setpriv : undefined);
  const doctor = join(import.meta.dirname, 'penstock-doctor.cjs');
  const files = [
    process.argv[1],
    process.execPath,
    prlimit,
    setpriv,
    existsSync(doctor) ? doctor : undefined,
    ...envFrom,
  ];
  return files.flatMap((path) => (path === undefined ? [] : stepsTo(path)));
}
