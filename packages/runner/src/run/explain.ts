import type { Readiness } from './become/readiness.ts';
import type { Request } from './request/command-line.ts';
import { execArguments } from './exec/execute.ts';
import type { Plan } from './plan/plan.ts';

/**
 * The answer of --explain=json; a contract, fields are only added. Values of variables are never shown:
 * they may be secrets.
 */
export interface Explanation {
  starts: boolean;
  exitCode: number;
  command: readonly string[];
  /** What execve gets, setpriv included. */
  exec: readonly string[] | undefined;
  user: { name: string; uid: number; gid: number; groups: readonly number[]; dropped: boolean } | undefined;
  noNewPrivs: 'setpriv' | 'already set' | 'off' | undefined;
  ambientCapabilities: readonly string[];
  folder: string | undefined;
  umask: string | undefined;
  limits: readonly string[];
  environment: readonly string[];
  droppedVariables: readonly string[];
  closedDescriptors: readonly number[];
  keptDescriptors: readonly number[];
  pidFile: string | undefined;
  warnings: readonly string[];
  problems: readonly string[];
}

export function explain(
  form: 'text' | 'json',
  request: Request,
  plan: Plan | undefined,
  ready: Readiness,
): string {
  const explanation = makeExplanation(request, plan, ready);
  return form === 'json' ? JSON.stringify(explanation, undefined, 2) : asText(explanation);
}

function makeExplanation(request: Request, plan: Plan | undefined, ready: Readiness): Explanation {
  return {
    starts: ready.exitCode === 0,
    exitCode: ready.exitCode,
    command: request.command,
    exec: plan && ready.executable !== undefined ? execArguments(plan, ready.executable) : undefined,
    user: plan && {
      name: plan.target.name,
      uid: plan.target.uid,
      gid: plan.target.gid,
      groups: plan.target.groups,
      dropped: plan.target.drop,
    },
    noNewPrivs: plan?.noNewPrivs instanceof Object ? 'setpriv' : plan?.noNewPrivs,
    ambientCapabilities: request.ambientCapabilities,
    folder: plan?.chdir,
    umask: plan?.umask?.toString(8).padStart(3, '0'),
    limits: request.limits.map(({ resource, soft, hard }) => `${resource}=${soft}:${hard}`),
    environment: Object.keys(plan?.environment ?? {}).sort(),
    droppedVariables: plan?.droppedVariables ?? [],
    closedDescriptors: ready.closed,
    keptDescriptors: request.keepDescriptors,
    pidFile: request.pidFile,
    warnings: ready.warnings,
    problems: ready.problems,
  };
}

function asText(e: Explanation): string {
  const list = (items: readonly (string | number)[]) => (items.length > 0 ? items.join(' ') : 'none');
  const rows: [string, string][] = [
    [e.starts ? 'would start' : `refused ${e.exitCode}`, (e.exec ?? e.command).join(' ')],
  ];
  if (e.user) {
    const { name, uid, gid, groups, dropped } = e.user;
    rows.push(
      ['user', `${name} ${uid}:${gid}, ${dropped ? 'dropped from root' : 'as it is'}`],
      ['groups', list(groups)],
    );
    rows.push(['no_new_privs', e.noNewPrivs === 'setpriv' ? 'by setpriv' : String(e.noNewPrivs)]);
    rows.push(
      ['folder', e.folder ?? 'as it is'],
      ['umask', e.umask ?? 'as it is'],
      ['limits', list(e.limits)],
    );
    rows.push(['environment', list(e.environment)], ['dropped', list(e.droppedVariables)]);
    rows.push(['closed', list(e.closedDescriptors)], ['kept', list(e.keptDescriptors)]);
    rows.push(['capabilities', list(e.ambientCapabilities)], ['pid file', e.pidFile ?? 'none']);
  }
  rows.push(...e.warnings.map((text): [string, string] => ['warning', text]));
  rows.push(...e.problems.map((text): [string, string] => ['problem', text]));
  return rows.map(([name, text]) => `${name.padEnd(14)}${text}`).join('\n');
}
