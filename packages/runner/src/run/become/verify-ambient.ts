import { spawnSync } from 'node:child_process';
import { parseProcessStatus, type ProcessStatus } from '../../process-status.ts';
import { Refusal } from '../../refusal.ts';
import { findTool } from '../../trusted-tool.ts';
import { ambientArguments, type Ambient } from '../plan/ambient.ts';
import type { Plan } from '../plan/plan.ts';
import { sameSet, type Target } from '../plan/target.ts';
import { capabilityMask } from '../request/capabilities.ts';

/**
 * Nothing can be checked after setpriv has run, because the service runs then. So the same setpriv line first
 * starts `cat`, and what the kernel says of that process is compared with the plan.
 */
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
