import type { Ambient } from './ambient.ts';
import { capabilityMask } from '../request/capabilities.ts';
import type { Accounts } from './accounts.ts';
import type { Caller } from './caller.ts';
import type { Request } from '../request/command-line.ts';
import type { Variable } from '../request/env-file.ts';
import { makeEnvironment } from './environment.ts';
import { setForLoader, setForNode } from './loading-variables.ts';
import type { Limit } from '../request/limits.ts';
import { shellWrapperProblem } from '../../shell-wrapper.ts';
import { resolveTarget, type Target } from './target.ts';

/** Everything that will be done, decided before anything is done. */
export interface Plan {
  target: Target;
  environment: Record<string, string>;
  droppedVariables: readonly string[];
  chdir: string | undefined;
  umask: number | undefined;
  limits: readonly Limit[];
  prlimit: string | undefined;
  /** How the service comes to have no_new_privs: its path, or why setpriv is not needed. */
  noNewPrivs: { setpriv: string } | 'already set' | 'off';
  /** Undefined when there are none, or when the caller's are kept as they are. */
  ambient: Ambient | undefined;
  keepDescriptors: readonly number[];
  pidFile: string | undefined;
  mustRead: readonly string[];
  /** The files that were read as root: who may change one could have linked it to another's secrets. */
  envFrom: readonly string[];
  command: readonly [string, ...string[]];
}

export type Planned =
  | { plan: Plan; problems: readonly []; warnings: string[] }
  /** Something is wrong. */
  | { plan: undefined; problems: string[]; warnings: string[] };

export interface Surroundings {
  caller: Caller;
  accounts: Accounts;
  findTool: (name: string) => string | undefined;
  /** The variables of --env-from. */
  fileVariables: readonly Variable[];
}

/** Pure but for the look-ups handed in. */
export function makePlan(request: Request, around: Surroundings): Planned {
  const { caller } = around;
  const problems = callerProblems(caller);
  const target = resolveTarget(request, caller.status, around.accounts, problems);
  if (target) problems.push(...rootProblems(target, request.allowRoot));
  if (target?.drop && target.uid !== 0 && caller.terminal && !request.tty) problems.push(terminalWords);

  const noNewPrivs = planNoNewPrivs(request, around);
  if (!noNewPrivs)
    problems.push(
      'setpriv (util-linux) is needed for no_new_privs and is not installed; --no-new-privs=off does without',
    );
  const ambient = target && planAmbient(request, target, around, problems);
  const prlimit = request.limits.length > 0 ? around.findTool('prlimit') : undefined;
  if (request.limits.length > 0 && !prlimit)
    problems.push('prlimit (util-linux) is needed for --limit and is not installed');

  const warnings = warningsFor(request, caller);
  if (!target || !noNewPrivs || problems.length > 0) return { plan: undefined, problems, warnings };
  const { environment, dropped } = makeEnvironment({
    inherited: caller.environment,
    keep: request.keepEnv,
    keepsDescriptors: request.keepDescriptors.length > 0,
    user: target,
    added: [...around.fileVariables, ...request.env],
  });
  problems.push(...unreadableValues(environment));
  if (ambient) problems.push(...loadingProblems(environment));
  if (problems.length > 0) return { plan: undefined, problems, warnings };
  const { chdir, umask, limits, keepDescriptors, pidFile, mustRead, envFrom, command } = request;
  const plan = {
    target,
    environment,
    droppedVariables: dropped,
    chdir,
    umask,
    limits,
    prlimit,
    noNewPrivs,
    ambient,
    keepDescriptors,
    pidFile,
    mustRead,
    envFrom,
    command,
  };
  return { plan, problems: [], warnings };
}

const terminalWords =
  'a terminal controls this process: the service could type into it as root (TIOCSTI); ' +
  'start it by setsid, or say --tty';

/** Node has put U+FFFD in place of bytes that are not UTF-8, and a password would silently be another one. */
function unreadableValues(environment: Readonly<Record<string, string>>): string[] {
  const names = Object.keys(environment).filter((name) => environment[name]!.includes('\uFFFD'));
  return names.map((name) => `the value of ${name} is not UTF-8: Node could not pass it on unchanged`);
}

/** With --ambient-caps setpriv is still root when it starts, and it starts with the service's environment. */
function loadingProblems(environment: Readonly<Record<string, string>>): string[] {
  const set = setForLoader(environment);
  if (set.length === 0) return [];
  return [
    `${set.join(', ')} with --ambient-caps: setpriv would load it as root; ` +
      'set it in a script, and start that',
  ];
}

function callerProblems({ status, environment }: Caller): string[] {
  const problems: string[] = [];
  if (new Set(status.uids).size > 1 || new Set(status.gids).size > 1) {
    problems.push('real and effective ids differ: the Runner must not be installed setuid or setgid');
  }
  const set = setForNode(environment);
  if (status.uids[0] === 0 && set.length > 0) {
    problems.push(
      `${set.join(', ')} set for root: start by env ${set.map((name) => `-u ${name}`).join(' ')} ..., ` +
        'and give the service its own by --env',
    );
  }
  return problems;
}

function rootProblems(target: Target, allowRoot: boolean): string[] {
  if (allowRoot) return [];
  if (target.uid === 0) return ['the service would run as root: give --user, or say --allow-root'];
  if (!target.drop) return [];
  return target.gid === 0 || target.groups.includes(0)
    ? ['the service would be in group 0 (root): give another group, or say --allow-root']
    : [];
}

function planNoNewPrivs(
  request: Request,
  { caller, findTool }: Surroundings,
): Plan['noNewPrivs'] | undefined {
  if (!request.noNewPrivs) return 'off';
  if (caller.status.noNewPrivs) return 'already set';
  const setpriv = findTool('setpriv');
  return setpriv === undefined ? undefined : { setpriv };
}

/** Root's to give; whoever is the user already can only keep what systemd's AmbientCapabilities= gave. */
function planAmbient(
  { ambientCapabilities: capabilities }: Request,
  target: Target,
  { caller, findTool }: Surroundings,
  problems: string[],
): Ambient | undefined {
  if (capabilities.length === 0) return undefined;
  const setpriv = findTool('setpriv');
  const mask = capabilityMask(capabilities);
  if (target.uid === 0) problems.push('--ambient-caps is for another user than root, who has them all');
  else if (!target.drop && (caller.status.capabilities.ambient & mask) !== mask)
    problems.push('--ambient-caps: this process is not root, and has not got them from its caller');
  else if (target.drop && !setpriv)
    problems.push('setpriv (util-linux) is needed for --ambient-caps and is not installed');
  return target.drop && setpriv !== undefined ? { setpriv, capabilities } : undefined;
}

function warningsFor(request: Request, { pid, environment, status }: Caller): string[] {
  const warnings: string[] = [];
  if (pid === 1)
    warnings.push(
      'this is process 1: a service that has children needs an init above it ' +
        '(docker --init, compose init: true)',
    );
  if (environment['LISTEN_FDS'] && request.keepDescriptors.length === 0) {
    warnings.push(
      'LISTEN_FDS is dropped: sockets of systemd do not pass through the Runner; ' +
        'let the service bind, or see --keep-fd',
    );
  }
  const ignored = realTimeSignals(status.ignoredSignals);
  if (ignored.length > 0)
    warnings.push(
      `the caller ignores the real-time signals ${ignored.join(', ')}, and the service will too: ` +
        'Node cannot reset them; where that matters, start the Runner by env --default-signal',
    );
  const wrapper = shellWrapperProblem(request.command);
  if (wrapper) warnings.push(wrapper);
  return warnings;
}

/** Node resets the signals 1 to 31 at its start, and leaves 32 to 64 as the caller had them. */
function realTimeSignals(mask: bigint): number[] {
  return Array.from({ length: 33 }, (_, index) => index + 32).filter(
    (signal) => ((mask >> BigInt(signal - 1)) & 1n) === 1n,
  );
}
