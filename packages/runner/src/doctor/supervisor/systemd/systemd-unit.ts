import { basename } from 'node:path';
import { chainsOf } from '../../command/chains.ts';
import type { Look } from '../../command/step.ts';
import type { Chain, Hop } from '../../verdict/hop.ts';
import type { Remark, Rest, Situation, Supervisor } from '../../verdict/situation.ts';
import { plainSupervisor } from '../../verdict/situation.ts';
import { isLauncher } from '../../shell/passing.ts';
import { serviceName } from '../../verdict/stopping.ts';
import { crashSignals, signalName } from '../../signal-name.ts';
import { dockerGraceMs, stopActions } from '../stop-actions.ts';
import { playStopCommands, type PlayedStop } from '../stop-command.ts';
import { execCommands } from './exec-line.ts';
import { systemdSpanMs } from './systemd-span.ts';
import { readAssignments, UnitSettings, type Assignment } from './unit-file.ts';

/** A drop-in, which is read after the unit. */
export interface UnitFile {
  path: string;
  text: string;
}

/** A unit file with its drop-ins: systemd.service(5), systemd.kill(5). For a running unit ask with --pid. */
export function readSystemdUnit(
  path: string,
  text: string,
  dropIns: UnitFile[] = [],
  look?: Look,
): Situation {
  const assignments = [text, ...dropIns.map((file) => file.text)].flatMap(readAssignments);
  const rests: Rest[] = dropIns.map((file) => ({ basis: 'read', text: `the drop-in ${file.path}` }));
  return situationOf(path, assignments, rests, look);
}

const stopSpans = ['TimeoutStopSec', 'TimeoutSec'];
const isSpan = (value: string): boolean => systemdSpanMs(value) !== undefined;

function situationOf(
  path: string,
  assignments: readonly Assignment[],
  rests: readonly Rest[],
  look: Look | undefined,
): Situation {
  const settings = new UnitSettings(assignments);
  const starts = settings.list('ExecStart').flatMap(execCommands);
  if (starts.length === 0 && settings.list('ExecStop').length === 0)
    throw new Error('it has no ExecStart in [Service]: nothing is started');
  const command = starts.at(-1) ?? [];
  const chains = starts.length === 0 ? [] : chainsOf(command, look);
  const played = playExecStop(settings.list('ExecStop'), command, look);
  const supervisor = systemdSupervisor(basename(path), settings, played);
  const assumed: Rest[] = [];
  if (settings.last(stopSpans, isSpan) === undefined && supervisor.killsAfterMs !== undefined)
    assumed.push({ basis: 'assumed', text: "systemd's own TimeoutStopSec of 90 s (DefaultTimeoutStopSec)" });
  return {
    subject: path,
    supervisor,
    chains,
    remarks: remarksOn(settings, chains, played),
    rests: [...rests, ...assumed],
    mended: ({ command: words, patienceSeconds, stop, killMode }) => {
      const changed = [...assignments];
      const add = (name: string, value: string) => changed.push({ section: 'Service', name, value });
      if (words) {
        add('ExecStart', '');
        add('ExecStart', words.map(quoteForUnit).join(' '));
      }
      if (patienceSeconds !== undefined) add('TimeoutStopSec', String(patienceSeconds));
      if (killMode !== undefined) add('KillMode', killMode);
      if (stop !== undefined) add('ExecStop', '');
      if (stop) add('ExecStop', stop);
      return situationOf(path, changed, rests, look);
    },
  };
}

/** As a unit needs it: a word with blanks or quotes is quoted. */
export function quoteForUnit(word: string): string {
  return /^[^\s"'\\;]+$/.test(word) ? word : `"${word.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** The ExecStop lines in their order. `start`: what ExecStart runs, where a container may get its grace. */
export function playExecStop(
  lines: readonly string[],
  start: readonly string[],
  look?: Look,
): PlayedStop | undefined {
  const said = start.findIndex((word) => word.startsWith('--stop-timeout'));
  const seconds = said < 0 ? undefined : (start[said]!.split('=')[1] ?? start[said + 1]);
  const graceMs = seconds !== undefined && /^\d+$/.test(seconds) ? Number(seconds) * 1_000 : dockerGraceMs;
  return playStopCommands(
    lines.map((line) => ({
      line,
      actions: execCommands(line).flatMap((command) =>
        stopActions(command, { graceMs, ...(look && { look }) }),
      ),
    })),
  );
}

export function systemdSupervisor(
  unit: string,
  settings: UnitSettings,
  played: PlayedStop | undefined,
): Supervisor {
  const killMode = killModeOf(settings);
  const stopMs = systemdSpanMs(settings.last(stopSpans, isSpan) ?? '90s') || Infinity;
  const finalSignal = signalName(settings.last(['FinalKillSignal'], isSignal) ?? 'KILL');
  const sends = !isNo.test(settings.last(['SendSIGKILL'], isBoolean) ?? 'yes');
  const deadly = finalSignal === 'KILL' || crashSignals.has(finalSignal);
  const kills = sends && deadly && killMode !== 'none';
  const type = settings.last(['Type'], (value) => types.has(value));
  const remains = isYes.test(settings.last(['RemainAfterExit'], isBoolean) ?? 'no');
  return {
    ...plainSupervisor('systemd', `systemd's ${unit}`),
    stopSignal: stopSignalOf(settings),
    tells: killMode === 'none' ? 'nobody' : killMode === 'control-group' ? 'everyone' : 'main',
    killsAfterMs: kills && stopMs !== Infinity ? stopMs : undefined,
    killsRest: kills && killMode !== 'process',
    awaitsDaemon: type === 'forking',
    toldMain: type === 'notify' || type === 'notify-reload',
    outlivesMain: remains,
    before: played?.command,
  };
}

const isNo = /^(no|n|false|f|off|0)$/i;
const isYes = /^(yes|y|true|t|on|1)$/i;
const isBoolean = (value: string): boolean => isYes.test(value) || isNo.test(value);
const isSignal = (value: string): boolean => /^(\d+|(SIG)?[A-Z][A-Z0-9+-]*)$/.test(value);
const types = new Set(['simple', 'exec', 'forking', 'oneshot', 'dbus', 'notify', 'notify-reload', 'idle']);
/** An empty KillMode= is the default again; an unknown one is skipped. */
function killModeOf(settings: UnitSettings): string {
  return settings.last(['KillMode'], (value) => value === '' || killModes.has(value)) || 'control-group';
}

function stopSignalOf(settings: UnitSettings): string {
  return signalName(settings.last(['KillSignal'], isSignal) ?? 'TERM');
}

/** Launchers that do not fork into the background, started by nothing that does. */
function staysInFront({ hops, service: [program = ''] }: Chain): boolean {
  if (!isLauncher(basename(program))) return false;
  return hops.every(({ onTerm, mayDetach }) => !mayDetach && !mayLeave.has(onTerm));
}

const mayLeave: ReadonlySet<Hop['onTerm']> = new Set(['detaches', 'unknown', 'opaque']);

const killModes = new Set(['control-group', 'mixed', 'process', 'none']);

/** What ExecStop may do besides, and nobody knows. */
export function unreadStops(played: PlayedStop | undefined): Remark[] {
  if (!played || played.command.killsAfterMs !== undefined) return [];
  const remarks: Remark[] = [];
  if (played.unclear !== undefined) {
    const settle = 'look whether it sends KILL, and when; or leave it out: systemd sends TERM by itself';
    remarks.push({ kind: 'unknown', text: `ExecStop: ${played.unclear}`, settle });
  }
  if (played.killsSometime) {
    remarks.push({
      kind: 'unknown',
      text: 'ExecStop waits in a loop and then sends KILL; how long it waits is not read here',
      settle: 'let ExecStop only tell the service: systemd waits for TimeoutStopSec, and kills',
    });
  }
  return remarks;
}

function remarksOn(
  settings: UnitSettings,
  chains: Situation['chains'],
  played: PlayedStop | undefined,
): Remark[] {
  const remarks: Remark[] = [];
  const su = chains
    .flatMap(({ chain }) => chain.hops)
    .find(({ name }) => name === 'su' || name === 'runuser');
  if (su) {
    remarks.push({
      kind: 'note',
      text:
        `${su.name} opens a PAM session: pam_systemd may move the service to a session scope, out of the ` +
        'unit, where no limit of the unit and no stop of it reaches',
      mend: 'User= in the unit',
    });
  }
  const killMode = killModeOf(settings);
  const type = settings.last(['Type'], (value) => types.has(value));
  const signal = stopSignalOf(settings);
  if (killMode === 'none') {
    remarks.push({
      kind: played ? 'note' : 'wrong',
      text: 'KillMode=none is deprecated: what ExecStop does not end is left behind',
      mend: 'remove it',
    });
  }
  const staying = type === 'forking' && chains.length > 0 && chains.every(({ chain }) => staysInFront(chain));
  if (staying) {
    const name = serviceName(chains[0]!.chain);
    const text =
      `Type=forking waits until ${name} has left the foreground, which it never does: systemd takes the ` +
      'start for failed after TimeoutStartSec, and ends it';
    remarks.push({ kind: 'wrong', text, mend: 'Type=exec' });
  }
  if (settings.list('ExecStart').flatMap(execCommands).length > 1 && type !== 'oneshot') {
    const text = 'more than one ExecStart= without Type=oneshot: systemd refuses the unit';
    remarks.push({ kind: 'wrong', text, mend: 'one ExecStart=' });
  }
  if (signalName(settings.last(['RestartKillSignal'], isSignal) ?? 'TERM') === 'KILL')
    remarks.push({ kind: 'wrong', text: 'RestartKillSignal=KILL: each restart kills it', mend: 'remove it' });
  if (killMode === 'process')
    remarks.push({ kind: 'note', text: 'KillMode=process leaves every other process of the unit running' });
  for (const skipped of settings.skipped(stopSpans, isSpan))
    remarks.push({ kind: 'note', text: `${skipped} is no time span, and systemd skips it` });
  remarks.push(...unreadStops(played));
  if (played && played.command.killsAfterMs === undefined) {
    remarks.push({
      kind: 'note',
      text:
        `ExecStop runs first: ${played.command.line}; ` +
        (killMode === 'none' ? 'no signal follows' : `${signal} follows when it has returned`),
    });
  }
  return remarks;
}
