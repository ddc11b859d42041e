import type { StopCommand } from '../verdict/situation.ts';
import type { StopAction } from './stop-action.ts';

export interface StopLine {
  line: string;
  actions: readonly StopAction[];
}

export interface PlayedStop {
  command: StopCommand;
  /** It kills after a wait whose length is not written down. */
  killsSometime: boolean;
  /** Why it may do anything, KILL too. */
  unclear: string | undefined;
}

/**
 * Plays stop commands in their order: who is told when, and when KILL is sent. Undefined when they do
 * nothing.
 */
export function playStopCommands(lines: readonly StopLine[], name = 'ExecStop'): PlayedStop | undefined {
  let now = 0;
  let toldAt: number | undefined;
  let tells: StopCommand['tells'] = 'nobody';
  let waits: StopCommand['waits'] = 'no';
  let killsAfterMs: number | undefined;
  let boundMs: number | undefined;
  let killsSometime = false;
  let unclear: string | undefined;
  let teller = '';
  let killer = '';
  const tell = (whom: 'service' | 'main', line: string) => {
    toldAt ??= now;
    if (tells === 'nobody') [tells, teller] = [whom, line];
  };
  const kill = (afterMs: number, line: string) => {
    if (killsAfterMs === undefined || afterMs < killsAfterMs) [killsAfterMs, killer] = [afterMs, line];
  };
  for (const { line, actions } of lines) {
    for (const action of actions) {
      if (action.does === 'pauses') now += action.ms;
      else if (action.does === 'tells') tell(action.whom, line);
      else if (action.does === 'waits') [waits, boundMs] = ['yes', action.boundMs];
      else if (action.does === 'asks') {
        tell('service', line);
        if (waits !== 'yes') waits = action.waits;
      } else if (action.does === 'tells and kills') {
        tell('service', line);
        kill(now - toldAt! + action.afterMs, line);
        waits = 'yes';
      } else if (action.does === 'unclear') {
        tell('service', line);
        unclear ??= action.because;
        waits = waits === 'yes' ? waits : 'unknown';
      } else if (waits === 'yes' && toldAt !== undefined) killsSometime = true;
      else kill(toldAt === undefined ? 0 : now - toldAt, line);
    }
  }
  if (tells === 'nobody' && killsAfterMs === undefined) return undefined;
  const command = { name, tells, killsAfterMs, waits, boundMs, line: killer || teller };
  return { command, killsSometime, unclear };
}
