import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { print } from '../../say.ts';
import type { Plan } from '../plan/plan.ts';
import { becomeAndCheck, type SeenAsCaller } from './become-user.ts';
import { notReady, type Readiness } from './readiness.ts';

/**
 * Where this process has to stay root for a while, a child becomes the user instead and finds out what only
 * that user can tell.
 */
export function checkInChild(plan: Plan, seen: SeenAsCaller): Readiness {
  const { stdout, status, error } = spawnSync(process.execPath, [process.argv[1] ?? '', 'check-as-user'], {
    env: {},
    input: JSON.stringify({ plan, seen } satisfies Question),
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'utf8',
    timeout: 10_000,
  });
  if (status !== 0)
    return notReady([`the check as ${plan.target.name} failed: ${error?.message ?? `code ${status}`}`], 125);
  return JSON.parse(stdout) as Readiness;
}

interface Question {
  plan: Plan;
  seen: SeenAsCaller;
}

/** The child's side, `penstock-run check-as-user`. Of no use to anybody else. */
export function checkAsUser(): number {
  const { plan, seen } = JSON.parse(readFileSync(0, 'utf8')) as Question;
  print(JSON.stringify(becomeAndCheck(plan, seen)));
  return 0;
}
