import { basename } from 'node:path';
import { suKillsAfterMs, type Chain, type Hop } from './hop.ts';
import type { Supervisor } from './situation.ts';

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
}

/** Plays a stop through. `needsMs`: what the service takes to stop; a KILL before that is early. */
export function playStop(supervisor: Supervisor, chain: Chain, needsMs: number): Stopping {
  const service = serviceName(chain);
  const between = chain.hops.filter(({ onTerm }) => onTerm !== 'replaces').slice(supervisor.forksFollowed);
  const supervised = between[0]?.name ?? service;
  const kill = firstKill(supervisor, between);
  const story: Tell = (fate, because, at = kill) => ({ fate, supervised, because, ...at });

  if (supervisor.tells === 'nobody') {
    return story(
      'never told',
      `${supervisor.name} sends nothing: ${service} goes on and is left behind`,
      nobody,
    );
  }
  if (supervisor.stopSignal === 'KILL') {
    const atOnce: Kill = { killedAfterMs: 0, killer: supervisor.name };
    return story('killed early', `KILL is the first signal that ${supervisor.name} sends`, atOnce);
  }
  const held =
    between.length === 0 || between[0]?.onTerm === 'unknown'
      ? ''
      : `${supervised} is supervised, not ${service}. `;
  const broken = between.find((hop) => breaksTheChain(hop, supervisor));
  if (broken && broken.onTerm !== 'unknown') return playBreak(supervisor, broken, service, story, held);
  if (kill.killedAfterMs !== undefined && kill.killedAfterMs < needsMs) {
    const when = `${seconds(kill.killedAfterMs)} after ${supervisor.stopSignal}`.replace(
      'at once after',
      'at once with',
    );
    return story('killed early', `${held}${kill.killer} sends KILL ${when}${despite(supervisor, kill)}`);
  }
  if (broken) return story('unknown', `${broken.name} stands before ${service}: ${broken.because}`);
  const end =
    kill.killedAfterMs === undefined
      ? 'nobody sends KILL'
      : `${kill.killer} waits ${seconds(kill.killedAfterMs)}`;
  return story(
    'clean',
    `${service} ${between.length === 0 ? 'is the supervised process' : 'is told'}; ${end}`,
  );
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

function firstKill(supervisor: Supervisor, between: readonly Hop[]): Kill {
  const su = between.find(({ onTerm }) => onTerm === 'passes-then-kills');
  const supervisorMs = supervisor.killsAfterMs ?? Infinity;
  if (su && suKillsAfterMs <= supervisorMs) return { killedAfterMs: suKillsAfterMs, killer: su.name };
  return supervisorMs === Infinity ? nobody : { killedAfterMs: supervisorMs, killer: supervisor.name };
}

function despite(supervisor: Supervisor, kill: Kill): string {
  if (kill.killer === supervisor.name || supervisor.killsAfterMs === undefined) return '';
  return `, whatever the ${seconds(supervisor.killsAfterMs)} of ${supervisor.name} say`;
}

/** Who tells everyone needs nobody to pass it on; but a starter that leaves has ended the whole service in its eyes. */
function breaksTheChain({ onTerm }: Hop, { tells }: Supervisor): boolean {
  return onTerm === 'detaches' || (tells !== 'everyone' && (onTerm === 'dies-alone' || onTerm === 'unknown'));
}

type Tell = (fate: Fate, because: string, kill?: Kill) => Stopping;

function playBreak(supervisor: Supervisor, hop: Hop, service: string, story: Tell, held: string): Stopping {
  const atOnce: Kill = { killedAfterMs: 0, killer: supervisor.name };
  if (hop.onTerm === 'detaches') {
    return supervisor.killsRest
      ? story(
          'killed early',
          `${hop.name} ${hop.because}: what it leaves is killed with it, at the start already`,
          atOnce,
        )
      : story(
          'orphaned',
          `${hop.name} ${hop.because}: ${supervisor.name} holds nobody, and may start a second ${service}`,
          nobody,
        );
  }
  if (supervisor.asInit) {
    const end =
      supervisor.killsAfterMs === undefined ? 'for ever' : `for ${seconds(supervisor.killsAfterMs)}`;
    const because = `${hop.name} is process 1, which never gets a TERM that it does not handle: nothing happens ${end}, then KILL`;
    return story('never told', because);
  }
  if (supervisor.killsRest) {
    return story(
      'never told',
      `${held}TERM ends ${hop.name} alone, and ${service} is killed with it at once`,
      atOnce,
    );
  }
  const because = `${held}${hop.name} ${hop.because}: ${service} is left running, and a second one may be started beside it`;
  return story('orphaned', because, nobody);
}
