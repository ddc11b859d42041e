import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { stepsTo, type Step } from '../../changeable-files.ts';
import { Refusal } from '../../refusal.ts';
import type { Plan } from '../plan/plan.ts';
import { applyLimits } from './apply-limits.ts';
import { becomeUser, type SeenAsCaller } from './become-user.ts';
import { closeInheritedDescriptors, keepingProblems } from './descriptors.ts';
import { filesBeingWritten } from './files-being-written.ts';
import { judgeInChild } from './judge-as-user.ts';
import { notReady, type Readiness } from './readiness.ts';
import { verifyAmbient } from './verify-ambient.ts';

/**
 * Turns this process into the planned user for good, verifies that it did, and then checks as that user
 * what only that user can tell. `explains`: nothing will be executed, so nobody else will notice that it
 * cannot be.
 */
export function become(plan: Plan, explains: boolean): Readiness {
  try {
    const seen: SeenAsCaller = {
      stepsToRoot: plan.target.drop && plan.target.uid !== 0 ? whatRootUses(plan) : [],
      beingWritten: explains || noticesTooLate(plan) ? filesBeingWritten() : [],
    };
    const unkept = keepingProblems(plan.keepDescriptors);
    if (plan.prlimit) applyLimits(plan.prlimit, plan.limits);
    const closed = closeInheritedDescriptors(plan.keepDescriptors);
    if (plan.umask !== undefined) process.umask(plan.umask);
    const ready = plan.ambient ? judgeInChild(plan, seen) : becomeUser(plan, seen);
    if (plan.ambient && ready.exitCode === 0) {
      verifyAmbient(plan, plan.ambient);
      if (plan.chdir !== undefined) process.chdir(plan.chdir);
    }
    const problems = [...unkept, ...ready.problems];
    return { ...ready, closed, problems, exitCode: unkept.length > 0 ? 125 : ready.exitCode };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return notReady([error.message], error.exitCode);
  }
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
