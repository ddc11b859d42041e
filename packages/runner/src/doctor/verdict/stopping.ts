import { basename } from 'node:path';
import { crashSignals } from '../signal-name.ts';
import { suKillsAfterMs, type Chain, type Hop } from './hop.ts';
import type { StopCommand, Supervisor } from './situation.ts';

export type Fate = 'clean' | 'killed early' | 'orphaned' | 'never told' | 'unknown';

/** What a stop does to the service. */
export interface Stopping {
  fate: Fate;
  /** The process that the supervisor holds. */
  supervised: string;
  /** Ms from the stop signal to the first KILL that hits the service; undefined: nobody kills it. */
  killedAfterMs: number | undefined;
  killer: string | undefined;
  /** Why, in a sentence. */
  because: string;
  /** What would settle it, when it is unknown. */
  settle: string | undefined;
}

/** Plays a stop through. `needsMs`: what the service takes to stop; a KILL before that is early. */
export function playStop(supervisor: Supervisor, chain: Chain, needsMs: number): Stopping {
  const service = serviceName(chain);
  const between = stayingHops(supervisor, chain);
  const supervised = between[0]?.name ?? service;
  const story = (fate: Fate, because: string, kill: Kill = nobody, settle?: string): Stopping => ({
    ...{ fate, supervised, because, settle, ...kill },
  });

  const opaque = between.find(({ onTerm }) => onTerm === 'opaque');
  const { before } = supervisor;
  if (before?.killsAfterMs !== undefined && before.killsAfterMs < needsMs) {
    const at: Kill = { killedAfterMs: before.killsAfterMs, killer: before.name };
    const when = before.killsAfterMs === 0 ? 'before any TERM' : `${seconds(at.killedAfterMs!)} after TERM`;
    return story('killed early', `${before.name} sends KILL itself, ${when}: ${before.line}`, at);
  }
  // Whatever goes on in a container, its end is certain.
  const endsEarly = supervisor.kind === 'docker' && (supervisor.killsAfterMs ?? Infinity) < needsMs;
  // And whatever a script does that su has started, su kills it.
  const su = between.findIndex(({ onTerm }) => onTerm === 'passes-then-kills');
  const killed = opaque?.unread === true && su >= 0 && su < between.indexOf(opaque);
  if (opaque && !endsEarly && !killed)
    return story(
      'unknown',
      `${opaque.name} stands before ${service}: ${opaque.because}`,
      nobody,
      opaque.settle,
    );
  if (supervisor.tells === 'nobody' && (before === undefined || before.tells === 'nobody'))
    return story('never told', `${supervisor.name} sends nothing: ${service} goes on and is left behind`);
  if (asksNothing.has(supervisor.stopSignal) && (before === undefined || before.tells === 'nobody')) {
    const end = firstKill(supervisor, []);
    const text = `${supervisor.stopSignal} asks no program to end: nothing happens ${patience(supervisor)}`;
    return story('never told', text, end);
  }
  const deaf = deafTo(supervisor.stopSignal, between, service);
  if (deaf !== undefined && (before === undefined || before.tells === 'nobody')) {
    const text = `${service} ${deaf}: nothing happens ${patience(supervisor)}`;
    return story('never told', text, firstKill(supervisor, []));
  }
  if (crashSignals.has(supervisor.stopSignal) && before?.waits !== 'yes') {
    const atOnce: Kill = { killedAfterMs: 0, killer: supervisor.name };
    return story(
      'killed early',
      `${supervisor.stopSignal} ends ${service} at once, with a core dump`,
      atOnce,
    );
  }
  if (supervisor.stopSignal === 'KILL' && before?.waits !== 'yes') {
    const atOnce: Kill = { killedAfterMs: 0, killer: supervisor.name };
    return story('killed early', `KILL is the first signal that ${supervisor.name} sends`, atOnce);
  }
  return playChain({ supervisor, chain, between, service, supervised, needsMs, story });
}

/** Signals that stop nobody, signal(7). With WINCH, httpd and php-fpm end in peace. */
const asksNothing: ReadonlySet<string> = new Set(['CONT', 'CHLD', 'URG', 'STOP', 'TSTP', 'TTIN', 'TTOU']);

/** Why the service does nothing at its stop signal. */
function deafTo(signal: string, between: readonly Hop[], service: string): string | undefined {
  if (signal === 'QUIT' && service === 'java') return 'prints its threads at QUIT, and runs on';
  const isIgnored = (signal === 'INT' || signal === 'QUIT') && between.some(({ ignoresInt }) => ignoresInt);
  return isIgnored ? `is started with &, by which a shell lets it ignore ${signal}` : undefined;
}

interface Play {
  supervisor: Supervisor;
  chain: Chain;
  between: Hop[];
  service: string;
  supervised: string;
  needsMs: number;
  story: (fate: Fate, because: string, kill?: Kill, settle?: string) => Stopping;
}

function playChain(play: Play): Stopping {
  const { supervisor, chain, between, service, supervised, needsMs, story } = play;
  const { before } = supervisor;
  const told = before?.tells === 'service' || (supervisor.tells === 'nobody' && before?.tells === 'main');
  const broken = told ? detached(between, supervisor) : firstBreak(between, supervisor);
  if (broken && broken.onTerm !== 'unknown') return playBreak(play, broken);

  const kill = told && before?.waits === 'yes' ? lateKill(play, before) : firstKill(supervisor, between);
  if (kill.killedAfterMs !== undefined && kill.killedAfterMs < needsMs) {
    if (told && before?.waits === 'unknown' && kill.killer !== supervisor.name)
      return story(
        'unknown',
        `${kill.killer} sends KILL ${seconds(kill.killedAfterMs)} after TERM, which follows when ` +
          `${before.name} has returned`,
        nobody,
        `whether this waits for the end of ${service}: ${before.line}`,
      );
    const when = `${seconds(kill.killedAfterMs)} after ${supervisor.stopSignal}`.replace(
      'at once after',
      'at once with',
    );
    const seen = between.length > 0 && between[0]!.onTerm !== 'unknown' && between[0]!.onTerm !== 'opaque';
    const held = seen ? `${supervised} is supervised, not ${service}. ` : '';
    return story(
      'killed early',
      `${held}${kill.killer} sends KILL ${when}${despite(supervisor, kill)}`,
      kill,
    );
  }
  if (broken) {
    const text = `${broken.name} stands before ${service}: ${broken.because}`;
    return story('unknown', text, kill, broken.settle);
  }
  if (
    chain.ownTerm === 'ignored' ||
    (chain.ownTerm === 'default' && supervisor.asInit && between.length === 0)
  ) {
    const why = chain.ownTerm === 'ignored' ? 'ignores TERM' : 'is process 1, and does not handle TERM';
    return story('never told', `${service} ${why}: nothing happens ${patience(supervisor)}`, kill);
  }
  if (chain.ownTerm === 'inherited')
    return story(
      'unknown',
      `${service} starts with TERM ignored, and that stays so unless it sets a handler of its own`,
      kill,
      `grep SigCgt /proc/PID/status of the running ${service}; or let the shell not ignore TERM before it`,
    );
  if (supervisor.asInit && between.length === 0 && !told && leavesTermToItsScript(chain.service)) {
    const why = 'is process 1, and gets TERM only if what it runs handles it';
    return story(
      'unknown',
      `${service} ${why}`,
      kill,
      `look for a handler of SIGTERM in it, or say init: true`,
    );
  }
  return story('clean', peace(play, kill, told), kill);
}

/** Interpreters and small tools that install no handler of their own: nothing reaches them as process 1. */
function leavesTermToItsScript([program = '']: readonly string[]): boolean {
  return /^(node|nodejs|deno|bun|python[\d.]*|perl|ruby|php[\d.]*|sleep|tail|cat|lua|Rscript)$/.test(
    basename(program),
  );
}

function peace({ supervisor, between, service }: Play, kill: Kill, told: boolean): string {
  const end =
    kill.killedAfterMs === undefined
      ? 'nobody sends KILL'
      : `${kill.killer} waits ${seconds(kill.killedAfterMs)}`;
  if (told) return `${service} is told by ${supervisor.before?.name}; ${end}`;
  if (supervisor.outlivesMain) return `${service} and all that it has started are told; ${end}`;
  return `${service} ${between.length === 0 ? 'is the supervised process' : 'is told'}; ${end}`;
}

/** "kafka-server-start.sh" of its path, or what can be said without one. */
export function serviceName({ service }: Chain): string {
  return service[0] === undefined ? 'the service' : basename(service[0]);
}

export function seconds(ms: number): string {
  return ms === 0 ? 'at once' : `${ms / 1_000} s`;
}

interface Kill {
  killedAfterMs: number | undefined;
  killer: string | undefined;
}

const nobody: Kill = { killedAfterMs: undefined, killer: undefined };

/** What stays as a parent, once the supervisor has settled on whom it holds. */
function stayingHops({ awaitsDaemon, toldMain, forksFollowed }: Supervisor, { hops }: Chain): Hop[] {
  const staying = hops.filter(({ onTerm }) => onTerm !== 'replaces');
  if (awaitsDaemon) return staying.filter(({ onTerm, mayDetach }) => onTerm === 'opaque' && !mayDetach);
  if (toldMain) return staying.filter(({ mayDetach }) => !mayDetach);
  return staying.slice(forksFollowed);
}

function firstKill(supervisor: Supervisor, between: readonly Hop[]): Kill {
  const su = between.find(({ onTerm }) => onTerm === 'passes-then-kills');
  const leaver = between.find(({ onTerm }) => onTerm === 'passes-and-leaves');
  if (leaver && supervisor.killsRest && supervisor.tells !== 'everyone')
    return { killedAfterMs: 0, killer: `${supervisor.name}, since ${leaver.name} ends without waiting,` };
  const supervisorMs = supervisor.killsAfterMs ?? Infinity;
  const suMs = su?.killsAfterMs ?? suKillsAfterMs;
  if (su && suMs <= supervisorMs) return { killedAfterMs: suMs, killer: su.name };
  return supervisorMs === Infinity ? nobody : { killedAfterMs: supervisorMs, killer: supervisor.name };
}

/**
 * The stop signal, and KILL behind it, come when the stop command has waited, or has used up the patience
 * itself.
 */
function lateKill({ supervisor, between }: Play, { name, killsAfterMs, boundMs }: StopCommand): Kill {
  const own = killsAfterMs ?? Infinity;
  const waited = Math.min(boundMs ?? Infinity, supervisor.killsAfterMs ?? Infinity);
  const { killedAfterMs = Infinity, killer } = firstKill(supervisor, between);
  if (own === Infinity && killedAfterMs + waited === Infinity) return nobody;
  return own <= killedAfterMs + waited
    ? { killedAfterMs: own, killer: name }
    : { killedAfterMs: killedAfterMs + waited, killer };
}

function despite(supervisor: Supervisor, kill: Kill): string {
  if (kill.killer?.startsWith(supervisor.name) || supervisor.killsAfterMs === undefined) return '';
  return `, whatever the ${seconds(supervisor.killsAfterMs)} of ${supervisor.name} say`;
}

/** The first parent whose child is not told, or that leaves at once. */
function firstBreak(between: readonly Hop[], supervisor: Supervisor): Hop | undefined {
  let sameGroup = supervisor.tells === 'group';
  for (const hop of between) {
    if (hop.onTerm === 'detaches' && !supervisor.outlivesMain) return hop;
    if (hop.newGroup) sameGroup = false;
    const told = supervisor.tells === 'everyone' || sameGroup;
    if (!told && breaks.has(hop.onTerm)) return hop;
    // What is left running by a starter that has gone is told by nobody but the cgroup.
    if (hop.onTerm === 'detaches' && !told) return hop;
    if (hop.tellsGroup) sameGroup = true;
  }
  return undefined;
}

const breaks: ReadonlySet<Hop['onTerm']> = new Set(['dies-alone', 'ignores', 'unknown']);

function detached(between: readonly Hop[], supervisor: Supervisor): Hop | undefined {
  return supervisor.outlivesMain ? undefined : between.find(({ onTerm }) => onTerm === 'detaches');
}

function patience({ killsAfterMs }: Supervisor): string {
  return killsAfterMs === undefined ? 'for ever' : `for ${seconds(killsAfterMs)}, then KILL`;
}

function playBreak({ supervisor, between, service, supervised, story }: Play, hop: Hop): Stopping {
  const atOnce: Kill = { killedAfterMs: 0, killer: supervisor.name };
  if (hop.onTerm === 'detaches') {
    const what = `${hop.name} ${hop.because}`;
    if (supervisor.outlivesMain)
      return story('orphaned', `${what}: no main process is left to tell, and ${service} goes on`);
    return supervisor.killsRest
      ? story('killed early', `${what}: what it leaves is killed with it, at the start already`, atOnce)
      : story('orphaned', `${what}: ${supervisor.name} holds nobody, and may start a second ${service}`);
  }
  const held = `${supervised} is supervised, not ${service}. `;
  const end = firstKill(supervisor, []);
  if (hop.onTerm === 'ignores')
    return story(
      'never told',
      `${held}${hop.name} ${hop.because}: nothing happens ${patience(supervisor)}`,
      end,
    );
  if (supervisor.asInit && hop === between[0]) {
    const text = `${hop.name} is process 1, which never gets a TERM that it does not handle`;
    return story('never told', `${text}: nothing happens ${patience(supervisor)}`, end);
  }
  if (supervisor.killsRest) {
    const text = `${held}TERM ends ${hop.name} alone, and ${service} is killed with it at once`;
    return story('never told', text, atOnce);
  }
  const left = `${service} is left running, and a second one may be started beside it`;
  return story('orphaned', `${held}${hop.name} ${hop.because}: ${left}`);
}
