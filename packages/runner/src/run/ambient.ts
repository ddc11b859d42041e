import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { becomeUser } from './become-user.ts';
import { capabilityMask, type Capability } from './capabilities.ts';
import type { Plan } from './plan.ts';
import { notReady, type Readiness } from './readiness.ts';
import type { Target } from './target.ts';
import { parseProcessStatus, type ProcessStatus } from '../process-status.ts';
import { Refusal } from '../refusal.ts';
import { sameSet } from './target.ts';
import { print } from '../say.ts';
import type { Step } from '../takeover.ts';
import { findTool } from '../trusted-tool.ts';

/** Capabilities that the service keeps over the drop. The kernel takes them all from a Node that changes its user, so setpriv does both. */
export interface Ambient {
  setpriv: string;
  capabilities: readonly Capability[];
}

/** What setpriv is told. The numbers are the Runner's own decimals: setpriv takes 4294967296 for root. */
export function ambientArguments({ uid, gid, groups }: Target, ambient: Ambient): string[] {
  const only = ['-all', ...ambient.capabilities.map((name) => `+${name}`)].join(',');
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
  ];
}

/** This process has to stay root until setpriv; a child becomes the user instead, and finds out what only he can tell. */
export function judgeInChild(plan: Plan, stepsToRoot: readonly Step[]): Readiness {
  const { stdout, status, error } = spawnSync(process.execPath, [process.argv[1] ?? '', 'judge-as-user'], {
    env: {},
    input: JSON.stringify({ plan, stepsToRoot } satisfies Question),
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
  stepsToRoot: readonly Step[];
}

/** The child's side: `penstock-run judge-as-user`, of no use to anybody else. */
export function judgeAsUser(): number {
  const { plan, stepsToRoot } = JSON.parse(readFileSync(0, 'utf8')) as Question;
  print(JSON.stringify(becomeUser(plan, stepsToRoot)));
  return 0;
}

/** What comes after setpriv cannot be asked any more: so the same line starts `cat` first, and what the kernel says of that is compared. */
export function verifyAmbient(plan: Plan, ambient: Ambient): void {
  const cat = findTool('cat');
  if (!cat) throw new Refusal('cat is needed to verify --ambient-caps, and is not installed');
  const rights = plan.noNewPrivs === 'off' ? [] : ['--no-new-privs'];
  const { status, stdout, stderr } = spawnSync(
    ambient.setpriv,
    [...rights, ...ambientArguments(plan.target, ambient), '--', cat, '/proc/self/status'],
    { env: {}, stdio: ['ignore', 'pipe', 'pipe'], encoding: 'utf8', timeout: 5_000 },
  );
  if (status !== 0) throw new Refusal(`setpriv cannot give the capabilities: ${stderr.trim()}`);
  const problems = ambientProblems(
    parseProcessStatus(stdout),
    plan.target,
    capabilityMask(ambient.capabilities),
  );
  if (problems.length > 0) throw new Refusal(problems.join('\n'));
}

/** Compares the credentials after setpriv with those planned. Returns what differs. */
export function ambientProblems(status: ProcessStatus, target: Target, mask: bigint): string[] {
  const { uids, gids, groups, capabilities } = status;
  const problems: string[] = [];
  if (uids.some((uid) => uid !== target.uid) || gids.some((gid) => gid !== target.gid))
    problems.push(`setpriv makes the process ${uids.join(' ')}:${gids.join(' ')}`);
  if (!sameSet(groups, target.groups)) problems.push(`setpriv gives it the groups [${groups.join(' ')}]`);
  for (const [name, found] of Object.entries(capabilities)) {
    if (found !== mask) problems.push(`setpriv leaves ${name} capabilities ${found.toString(16)}`);
  }
  return problems;
}
