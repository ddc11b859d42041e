import { basename } from 'node:path';
import { shellPrograms } from '../../shell-wrapper.ts';
import type { Chain, Hop, ShellFlavour } from '../verdict/hop.ts';
import { isOpen } from '../shell/words.ts';
import { optionOf, readWords, withoutAssignments } from './command-words.ts';
import { unwrapContainer } from './containers.ts';
import { hopOf, starters } from './programs.ts';
import { unwrapShell } from './shells.ts';
import { specialSteps } from './special.ts';
import { daemonSwitch, knownStartScript, leavesByItself, looksLikeScript } from './start-scripts.ts';
import type { Look, Step } from './step.ts';

/**
 * Follows a command through everything that only starts another one, down to the service. There is one
 * chain per path: a shell script may have several. Where the way is not known, a hop says so.
 */
export function unwrapAll(command: readonly string[], sh: ShellFlavour, look: Look = blind): Chain[] {
  return follow({ hops: [], service: [...command], assumed: [] }, sh, look, 0);
}

/** The first of these chains, for a command that is no script. */
export function unwrap(command: readonly string[], sh: ShellFlavour, look: Look = blind): Chain {
  return unwrapAll(command, sh, look)[0]!;
}

const blind: Look = () => undefined;
const depthMax = 40;

function follow(chain: Chain, sh: ShellFlavour, look: Look, depth: number): Chain[] {
  if (depth > depthMax) return [{ ...chain, hops: [...chain.hops, endless] }];
  const steps = stepsOf(chain.service, sh, look);
  if (steps === undefined) return [ended(chain)];
  return steps.flatMap(({ hop, inner, last, ...more }): Chain[] => {
    const next: Chain = {
      ...chain,
      hops: hop ? [...chain.hops, hop] : chain.hops,
      service: inner,
      assumed: [...(chain.assumed ?? []), ...(more.assumed ?? [])],
      ...(more.needsShell || chain.needsShell ? { needsShell: true } : {}),
      ...(more.ownTerm && { ownTerm: more.ownTerm }),
    };
    if (hop?.resetsTerm) delete next.ownTerm;
    if (last || inner.length === 0) return [last ? next : ended(next)];
    return follow(next, sh, look, depth + 1);
  });
}

const endless: Hop = { name: 'it', onTerm: 'opaque', because: 'starts itself over and over' };

/** The end of the way: a program that nobody here knows is the service. A variable may be anything. */
function ended(chain: Chain): Chain {
  const [program] = chain.service;
  if (program === undefined)
    return chain.hops.some(({ onTerm }) => onTerm !== 'replaces')
      ? chain
      : { ...chain, hops: [...chain.hops, nameless(chain)] };
  if (isOpen(program) || /^%([a-zA-Z]$|\()/.test(program)) {
    const because = 'is filled in when it starts, and may be anything, another starter too';
    const hop: Hop = {
      name: program,
      onTerm: 'opaque',
      because,
      settle: 'doctor --pid PID of the running service',
    };
    return { ...chain, hops: [...chain.hops, hop] };
  }
  return chain;
}

function nameless({ hops }: Chain): Hop {
  const name = hops.at(-1)?.name ?? 'the command';
  return { name, onTerm: 'opaque', because: 'what it starts is not said', settle: 'doctor --pid PID' };
}

/** Undefined when this is the service itself. */
function stepsOf(command: readonly string[], sh: ShellFlavour, look: Look): Step[] | undefined {
  const [program = '', ...args] = command;
  const name = basename(program);
  if (name === '') return undefined;
  if (name === 'busybox' || name === 'toybox') return busybox(name, args, sh, look);
  if (shellPrograms.has(name)) return unwrapShell(name, args, sh, look);
  const special = specialSteps[name]?.(args, name);
  if (special) return [special];
  const container = unwrapContainer(name, args);
  if (container) return [container];
  const runner = runnerStep(name, args);
  if (runner) return [runner];
  const starter = starters.get(name);
  if (starter) {
    const read = readWords(args, starter);
    const rest = read.rest.slice(starter.operands ?? 0);
    const user = starter.user === 'operand' ? read.rest[0] : optionOf(read, ...(starter.user ?? []));
    const hop: Hop = { ...hopOf(starter, name), ...(user && { user: user.split(':')[0]! }) };
    const last = starter.names.includes('npm') || starter.onTerm === 'opaque';
    if (last && starter.onTerm === 'opaque' && starter.short === undefined) return [{ hop, inner: [], last }];
    return [{ hop, inner: starter.assignments ? withoutAssignments(rest) : rest, last }];
  }
  return scriptSteps(command, name, sh, look);
}

/** A start script: known by its name, read where it is, or unknown. */
function scriptSteps(
  command: readonly string[],
  name: string,
  sh: ShellFlavour,
  look: Look,
): Step[] | undefined {
  const [program = '', ...args] = command;
  const known = knownStartScript(command);
  if (known?.execs)
    return [{ hop: undefined, inner: [...command], last: true, assumed: [`${name} execs: ${known.source}`] }];
  if (known) {
    const because = 'starts it in the background and leaves at once';
    const hop: Hop = { name, onTerm: 'detaches', because: `with these arguments ${because}`, newGroup: true };
    return [{ hop, inner: [program, ...args.filter((arg) => arg !== '-daemon')], last: true }];
  }
  const shell = look(program);
  if (shell && shell !== 'no script' && shell.startedBy)
    return [
      { hop: unknownStarter(shell.startedBy), inner: [...shell.startedBy, shell.interpreter, ...command] },
    ];
  if (shell && shell !== 'no script')
    return unwrapShell(basename(shell.interpreter), [program, ...args], sh, look, shell.text);
  const leaving = mayLeave(name, args);
  if (leaving) return [{ hop: leaving, inner: [...command], last: true }];
  const started = startedBehindDashes(args);
  if (started !== undefined) {
    const because = `is given a command behind --, and may exec it or stay its parent`;
    const hop: Hop = { name, onTerm: 'opaque', because, settle: wrapperSettles };
    return [{ hop, inner: started, last: true }];
  }
  if (shell === 'no script' || !looksLikeScript(program)) return undefined;
  const because =
    'is a script, by its name, which is not here to be read: it may exec the service or stay its parent';
  const settle = `let it end with exec, or ask where ${program} is; or doctor --pid PID`;
  return [
    { hop: { name, onTerm: 'opaque', because, settle, unread: true }, inner: [...command], last: true },
  ];
}

/** A daemon that may go to the background, and leave what it has started to its supervisor. */
function mayLeave(name: string, args: readonly string[]): Hop | undefined {
  const hop = { name, onTerm: 'opaque', mayDetach: true } as const;
  const asked = daemonSwitch(args);
  if (asked !== undefined) {
    const because = `is told ${asked}: whether it goes to the background and leaves is its own affair`;
    return { ...hop, because, settle: `look whether ${name} stays in the foreground with ${asked}` };
  }
  const leaves = leavesByItself(name, args);
  if (leaves === undefined) return undefined;
  const because = `goes to the background, unless its configuration says otherwise (${leaves})`;
  return { ...hop, because, settle: 'tell it to stay in the foreground, or say Type=forking' };
}

/** What a #! line names before the shell; a hop only where nobody here knows it. */
function unknownStarter([program = '']: readonly string[]): Hop | undefined {
  const name = basename(program);
  if (starters.has(name) || Object.hasOwn(specialSteps, name) || /^(busy|toy)box$/.test(name))
    return undefined;
  const because = 'is named by the #! line, and may exec the shell or stay its parent';
  return { name, onTerm: 'opaque', because, settle: wrapperSettles };
}

const wrapperSettles = 'send TERM to it, and look whether the service gets it, and when';

/** `PROGRAM ... -- /opt/w/service`: what stands there is a path or another starter, and no plain operand. */
function startedBehindDashes(args: readonly string[]): string[] | undefined {
  const behind = args.slice(args.indexOf('--') + 1 || args.length);
  const [program = ''] = behind;
  const name = basename(program);
  const known = shellPrograms.has(name) || starters.has(name) || interpreter.test(name);
  return known || /\/s?bin\/[^/]+$/.test(program) || /^\/opt\/[^.]+$/.test(program) ? behind : undefined;
}

const interpreter = /^(java|node|nodejs|python[\d.]*|ruby|perl|php[\d.]*)$/;

function busybox(name: string, args: string[], sh: ShellFlavour, look: Look): Step[] | undefined {
  const [applet = ''] = args;
  if (applet === 'sh' || applet === 'ash') return unwrapShell('ash', args.slice(1), sh, look);
  // Its su has no PAM session to close, and execs (loginutils/su.c).
  if (applet === 'su') {
    const step = specialSteps['su']?.(args.slice(1), 'su');
    const because = 'replaces itself by the command: no PAM session, no parent';
    return step?.hop && [{ ...step, hop: { ...step.hop, name: `${name} su`, onTerm: 'replaces', because } }];
  }
  return stepsOf(args, sh, look) ?? undefined;
}

/** The Runner by any path. */
export const runnerPattern = /(^|\/)penstock-run(\.cjs)?$/;

/** `penstock-run ... -- COMMAND`, or node with options in front of its file. */
function runnerStep(name: string, args: readonly string[]): Step | undefined {
  const own = runnerPattern.test(name) ? args : /^node(js)?$/.test(name) ? behindNode(args) : undefined;
  if (!own) return undefined;
  const end = own.indexOf('--');
  const read = readWords(own.slice(0, end < 0 ? own.length : end), { long: ['user'] });
  const user = optionOf(read, 'user')?.split(':')[0];
  const hop: Hop = {
    name: 'penstock-run',
    onTerm: 'replaces',
    because: 'becomes the service: same PID',
    resetsTerm: true,
  };
  return { hop: user === undefined ? hop : { ...hop, user }, inner: end < 0 ? [] : own.slice(end + 1) };
}

function behindNode(args: readonly string[]): readonly string[] | undefined {
  const { rest } = readWords(args, {
    short: 'r:C:e:p:',
    long: ['require', 'import', 'loader', 'conditions'],
  });
  return runnerPattern.test(rest[0] ?? '') ? rest.slice(1) : undefined;
}
