import { basename } from 'node:path';
import { chainsOf } from '../command/chains.ts';
import { optionOf, readWords } from '../command/command-words.ts';
import type { Remark, Situation } from '../verdict/situation.ts';
import { plainSupervisor } from '../verdict/situation.ts';
import type { Command, Script } from '../shell/ast.ts';
import { parseShell } from '../shell/parse.ts';
import { sleepsInLoop } from '../shell/loops.ts';
import { ShellSyntaxError } from '../shell/scan.ts';
import { simpleCommands } from '../shell/trap.ts';
import { expand, expandWords, type Known } from '../shell/words.ts';
import type { StopAction } from './stop-action.ts';
import { stopActions } from './stop-actions.ts';
import { playStopCommands, type PlayedStop, type StopLine } from './stop-command.ts';

/**
 * An init script of SysV (start-stop-daemon, killproc) or OpenRC. What its stop does is read; the rest of
 * such a script may do anything, so a stop that is not understood is unknown.
 */
export function readInitScript(path: string, text: string): Situation {
  const name = basename(path);
  const rests: Situation['rests'] = [{ basis: 'assumed', text: 'the pid file holds the service itself' }];
  let script: Script;
  try {
    script = parseShell(text.replace(/^#!.*/, ''));
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return situation(
      path,
      name,
      undefined,
      [unknown(`its shell is not understood: ${error.message}`)],
      [],
      rests,
    );
  }
  const known: Known = { variables: assignments(script), positional: undefined };
  const functions = functionsOf(script);
  const openRc = /^#!.*\b(openrc-run|runscript)\b/.test(text);
  const stop =
    openRc && !functions.has('stop')
      ? openRcStop(known)
      : sysvStop(script, functions, known, text.includes('/lib/lsb/init-functions'));
  const start = openRc ? openRcStart(known) : sysvStart(script, functions, known);
  const remarks: Remark[] = [];
  if (typeof stop === 'string') remarks.push(unknown(stop));
  else if (stop.killsSometime)
    remarks.push(unknown('its stop waits in a loop and then sends KILL, after a time that is not read'));
  else if (stop.unclear !== undefined && stop.command.killsAfterMs === undefined)
    remarks.push(unknown(`its stop: ${stop.unclear}`));
  if (start.length === 0) remarks.push(unknown('how it starts its service is not read'));
  return situation(path, name, typeof stop === 'string' ? undefined : stop, remarks, start, rests);
}

const unknown = (text: string): Remark => ({
  kind: 'unknown',
  text,
  settle: 'run its stop, and look whether the service logs a clean end',
});

function situation(
  path: string,
  name: string,
  played: PlayedStop | undefined,
  remarks: Remark[],
  start: string[],
  rests: Situation['rests'],
): Situation {
  return {
    subject: path,
    supervisor: {
      ...plainSupervisor('other', `the init script ${name}`),
      tells: 'nobody',
      awaitsDaemon: true,
      before: played?.command ?? {
        name: 'its stop',
        tells: 'service',
        killsAfterMs: undefined,
        waits: 'unknown',
        boundMs: undefined,
        line: 'its stop',
      },
    },
    chains: start.length === 0 ? [] : chainsOf(start),
    remarks,
    rests,
  };
}

/** `NAME=value` at the top of the script. */
function assignments(script: Script): Map<string, string | undefined> {
  const variables = new Map<string, string | undefined>();
  for (const { commands } of script)
    for (const { command } of commands)
      if (command.kind === 'simple' && command.words.length === 0)
        for (const { name, value } of command.assignments)
          variables.set(name, expand(value, { variables, positional: undefined }));
  return variables;
}

function functionsOf(script: Script): Map<string, Script> {
  const functions = new Map<string, Script>();
  for (const { commands } of script)
    for (const { command } of commands)
      if (command.kind === 'function') functions.set(command.name, command.body);
  return functions;
}

/** What stands behind `stop)`, or else in a function with such a name. */
function branch(script: Script, functions: ReadonlyMap<string, Script>, verb: 'start' | 'stop'): Script {
  const arms: Script[] = [];
  const visit = (command: Command): void => {
    if (command.kind === 'case')
      for (const { patterns, body } of command.arms)
        if (patterns.some((pattern) => pattern.replaceAll(/["']/g, '') === verb)) arms.push(body);
  };
  for (const { commands } of script) for (const { command } of commands) visit(command);
  const named = [...functions].find(([name]) => new RegExp(`^(do_?|_)?${verb}(_\\w+)?$`).test(name))?.[1];
  const found = arms.flat();
  return simpleCommands(found, functions, 0).length > 0 || !named ? found : named;
}

function sysvStop(
  script: Script,
  functions: ReadonlyMap<string, Script>,
  known: Known,
  lsb: boolean,
): PlayedStop | string {
  const stop = branch(script, functions, 'stop');
  const words = simpleCommands(stop, functions, 0).map((each) => expandWords(each, known));
  const lines: StopLine[] = words.map((each) => ({ line: each.join(' '), actions: stopOf(each, lsb) }));
  const told = lines.findIndex(({ actions }) => actions.some(({ does }) => does === 'tells'));
  if (told >= 0 && sleepsInLoop(stop, functions))
    lines.splice(told + 1, 0, { line: 'its loop', actions: [{ does: 'waits' }] });
  return playStopCommands(lines, 'its stop') ?? 'what its stop does is not read';
}

/**
 * killproc without a signal: TERM and then KILL, after 5 s with Debian's functions, after 3 s with Red Hat's
 * (-d).
 */
function stopOf(words: readonly string[], lsb: boolean): StopAction[] {
  const [name = '', ...args] = words;
  if (name !== 'killproc') return stopActions(words).filter(({ does }) => does !== 'asks');
  const read = readWords(args, { short: 'p:d:b:', permutes: true });
  const signal = read.rest[1] ?? [...read.options.keys()].find((option) => /^[A-Z0-9]/.test(option));
  if (signal !== undefined)
    return stopActions(['kill', ...args.filter((arg) => arg.startsWith('-')), '$PID']);
  const delay = optionOf(read, 'd');
  const seconds = delay !== undefined && /^\d+$/.test(delay) ? Number(delay) : lsb ? 5 : 3;
  return [{ does: 'tells and kills', afterMs: seconds * 1_000 }];
}

function sysvStart(script: Script, functions: ReadonlyMap<string, Script>, known: Known): string[] {
  const start = simpleCommands(branch(script, functions, 'start'), functions, 0);
  const words = start.map((each) => expandWords(each, known));
  const daemon = words.find(([name]) => starters.has(name ?? ''));
  if (!daemon || daemon[0] === 'start-stop-daemon') return daemon ?? [];
  const read = readWords(daemon.slice(1), { long: ['user', 'pidfile', 'check'], short: 'fn:p:' });
  const user = optionOf(read, 'user');
  return user === undefined ? read.rest : ['runuser', '-u', user, '--', ...read.rest];
}

/** Debian's start-stop-daemon and LSB function, Red Hat's function. */
const starters = new Set(['start-stop-daemon', 'start_daemon', 'daemon']);

/** start-stop-daemon of OpenRC: TERM, and after five seconds it gives up; KILL only where `retry` says so. */
function openRcStop({ variables }: Known): PlayedStop | string {
  const retry = variables.get('retry');
  const supervisor = variables.get('supervisor');
  if (supervisor !== undefined && retry === undefined)
    return `it is held by ${supervisor}, whose own schedule is not read`;
  const signal = variables.get('stopsig');
  const line = [
    ...['start-stop-daemon', '--stop'],
    ...(signal === undefined ? [] : ['--signal', signal]),
    ...(retry === undefined ? [] : ['--retry', retry]),
  ];
  return (
    playStopCommands([{ line: line.join(' '), actions: stopActions(line) }], 'its stop') ??
    'what its stop does is not read'
  );
}

function openRcStart({ variables }: Known): string[] {
  const command = variables.get('command');
  if (command === undefined) return [];
  return [command, ...(variables.get('command_args')?.split(/\s+/).filter(Boolean) ?? [])];
}
