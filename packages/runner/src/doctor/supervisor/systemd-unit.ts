import { basename } from 'node:path';
import { chainsOf } from '../command/chains.ts';
import { splitWords } from '../shell/shell-script.ts';
import { signalName } from './signal-name.ts';
import type { Remark, Situation, Supervisor } from '../judge/situation.ts';
import { plainSupervisor } from '../judge/situation.ts';
import { systemdSpanMs } from './systemd-span.ts';

/** What systemd knows of a unit, from its file or from `systemctl show`. Missing keys have systemd's defaults. */
export type UnitSettings = ReadonlyMap<string, string>;

/** A unit file, systemd.service(5) and systemd.kill(5). Drop-ins are not read: for a running unit ask with --pid. */
export function readSystemdUnit(path: string, text: string): Situation {
  const settings = unitSettings(text);
  const start = settings.get('ExecStart');
  if (start === undefined) throw new Error('it has no ExecStart in [Service]: nothing is started');
  const command = splitWords(start.replace(/^[@:+!|-]+/, ''));
  const chains = chainsOf(command);
  return {
    subject: path,
    supervisor: systemdSupervisor(basename(path), settings),
    chains,
    remarks: remarksOn(settings, chains),
  };
}

export function systemdSupervisor(unit: string, settings: UnitSettings): Supervisor {
  const killMode = settings.get('KillMode') ?? 'control-group';
  const stopMs = systemdSpanMs(settings.get('TimeoutStopSec') ?? settings.get('TimeoutSec') ?? '90s');
  const kills = !isNo.test(settings.get('SendSIGKILL') ?? 'yes') && killMode !== 'none';
  return {
    ...plainSupervisor('systemd', `systemd's ${unit}`),
    stopSignal: signalName(settings.get('KillSignal') ?? 'TERM'),
    tells: killMode === 'none' ? 'nobody' : killMode === 'control-group' ? 'everyone' : 'main',
    killsAfterMs: kills && stopMs !== Infinity ? stopMs : undefined,
    killsRest: kills && killMode !== 'process',
    forksFollowed: settings.get('Type') === 'forking' ? 1 : 0,
  };
}

const isNo = /^(no|n|false|f|off|0)$/i;

function unitSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  let section = '';
  // A comment may stand between the lines that a backslash joins.
  const lines = text.split('\n').filter((line) => !/^\s*[#;]/.test(line));
  for (const raw of lines
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    if (line.startsWith('[')) section = line;
    else if (section === '[Service]') {
      const at = line.indexOf('=');
      const [name, value] = [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      // An empty value takes back what was said before.
      if (at > 0 && value === '') settings.delete(name);
      else if (at > 0) settings.set(name, value);
    }
  }
  return settings;
}

const killsItself = /\b(kill|pkill|killall)\b.*\s-(9|KILL|SIGKILL|s\s*(9|KILL|SIGKILL))\b/;

function remarksOn(settings: UnitSettings, chains: Situation['chains']): Remark[] {
  const remarks: Remark[] = [];
  const hops = chains.flatMap(({ chain }) => chain.hops);
  const su = hops.find(({ onTerm }) => onTerm === 'passes-then-kills');
  if (su) {
    remarks.push({
      kind: 'wrong',
      text: `${su.name} opens a PAM session: pam_systemd may move the service to a session scope, out of the unit, where no limit of the unit and no stop of it reaches`,
      mend: 'User= in the unit, or the line above',
    });
  }
  if (settings.get('KillMode') === 'none')
    remarks.push({
      kind: 'wrong',
      text: 'KillMode=none is deprecated: processes are left behind',
      mend: 'remove it',
    });
  if (settings.get('KillMode') === 'process')
    remarks.push({ kind: 'note', text: 'KillMode=process leaves every other process of the unit running' });
  const execStop = settings.get('ExecStop');
  if (execStop !== undefined && killsItself.test(execStop)) {
    remarks.push({
      kind: 'wrong',
      text: `ExecStop sends KILL itself, before any TERM: ${execStop}`,
      mend: 'remove it: systemd sends TERM, and waits for TimeoutStopSec',
    });
  } else if (execStop !== undefined) {
    remarks.push({
      kind: 'note',
      text: `ExecStop runs before the signal: ${execStop}; TERM follows when it has returned, in the same TimeoutStopSec each`,
    });
  }
  return remarks;
}
