import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { judgeInChild, verifyAmbient } from './ambient.ts';
import { notReady, type Readiness } from './readiness.ts';
import { becomeUser } from './become-user.ts';
import { closeInheritedDescriptors, keepingProblems } from './descriptors.ts';
import { applyLimits } from './limits.ts';
import type { Plan } from './plan.ts';
import { Refusal } from '../refusal.ts';
import { stepsTo, type Step } from '../takeover.ts';

/** Turns this process into the planned user, for good, checks that it is so, and then checks as that user what only he can tell. */
export function become(plan: Plan): Readiness {
  try {
    const stepsToRoot = plan.target.drop && plan.target.uid !== 0 ? whatRootUses(plan) : [];
    const unkept = keepingProblems(plan.keepDescriptors);
    if (plan.prlimit) applyLimits(plan.prlimit, plan.limits);
    const closed = closeInheritedDescriptors(plan.keepDescriptors);
    if (plan.umask !== undefined) process.umask(plan.umask);
    const ready = plan.ambient ? judgeInChild(plan, stepsToRoot) : becomeUser(plan, stepsToRoot);
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

/** The Runner, its Node and its tools: a service that may write them is root at its next start. And what was read as root for it. */
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
