import { basename } from 'node:path';
import { hasOption, optionOf, readWords } from '../command/command-words.ts';
import { starters } from '../command/programs.ts';
import { specialSteps, startStopDaemonOptions } from '../command/special.ts';
import { looksLikeScript } from '../command/start-scripts.ts';
import type { Look } from '../command/step.ts';
import { runnerPattern, unwrap } from '../command/unwrap.ts';
import type { Script, Statement } from '../shell/ast.ts';
import { readKill } from '../shell/kill.ts';
import { parseShell } from '../shell/parse.ts';
import { isSoonOver, sleepSeconds } from '../shell/passing.ts';
import { ShellSyntaxError } from '../shell/scan.ts';
import { simpleCommands } from '../shell/trap.ts';
import { expand, expandWords, isOpen } from '../shell/words.ts';
import { shellPrograms } from '../../shell-wrapper.ts';
import type { StopAction } from './stop-action.ts';
import { managerAction } from './stop-managers.ts';

/** Docker's default between TERM and KILL, of `docker stop` and of compose. */
export const dockerGraceMs = 10_000;

export interface StopReading {
  /** What the container was given at its start, where the file says it. */
  graceMs?: number;
  /** Reads the scripts that it runs. */
  look?: Look;
}

export function stopActions(command: readonly string[], reading: StopReading = {}): StopAction[] {
  return actionsOf(command, reading, 0);
}

const depthMax = 8;

/** A shell's line or script is played command by command; another command does one thing. */
function actionsOf(written: readonly string[], reading: StopReading, depth: number): StopAction[] {
  if (depth > depthMax) return [{ does: 'unclear', because: 'it starts itself over and over' }];
  const command = inside(written);
  const script = scriptOf(command, reading.look ?? (() => undefined));
  if (script === undefined) return plainActions(command, reading, depth);
  if (typeof script === 'string') return [{ does: 'unclear', because: script }];
  return scriptActions(script, reading, depth);
}

interface StopScript {
  text: string;
  /** $0, $1 ... */
  positional: readonly string[] | undefined;
}

/**
 * `sh -c LINE`, `sh FILE`, or a FILE that is a shell script. Undefined for any other program, and a string
 * says why a script cannot be read.
 */
function scriptOf(command: readonly string[], look: Look): StopScript | string | undefined {
  const [program = '', ...args] = command;
  const shell = shellPrograms.has(basename(program));
  if (!shell) {
    const script = look(program);
    if (script && script !== 'no script') return { text: script.text, positional: command };
    const unread = script === undefined && looksLikeScript(program);
    return unread ? `${program} is a script that is not here to be read` : undefined;
  }
  const read = readWords(args, { short: 'o:O:abcefhilmnuvxCBEHPT', long: ['rcfile', 'init-file'] });
  if (hasOption(read, 'c')) return { text: read.rest[0] ?? '', positional: read.rest.slice(1) };
  const [path] = read.rest;
  if (path === undefined) return undefined;
  const script = look(path);
  return script === undefined || script === 'no script'
    ? `${path} is a script that is not here to be read`
    : { text: script.text, positional: read.rest };
}

function scriptActions({ text, positional }: StopScript, reading: StopReading, depth: number): StopAction[] {
  let script: Script;
  try {
    script = parseShell(text);
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return [{ does: 'unclear', because: `its shell is not understood: ${error.message}` }];
  }
  const functions = functionsOf(script);
  const known = { variables: new Map<string, string | undefined>(), positional };
  for (const statement of script) noteAssignments(statement, known.variables);
  const words = simpleCommands(chosen(script, positional?.[1]), functions, 0);
  const actions = words.flatMap((each) => actionsOf(expandWords(each, known), reading, depth + 1));
  if (/\bcgroup\.kill\b/.test(text)) actions.push({ does: 'kills' });
  const waits: StopAction[] = asksWhetherItRuns(text) ? [{ does: 'waits' }] : [];
  const end = actions.findLastIndex(({ does }) => does === 'tells' || does === 'asks') + 1;
  return [...actions.slice(0, end), ...waits, ...actions.slice(end)];
}

function functionsOf(script: Script): Map<string, Script> {
  return new Map(
    script.flatMap(({ commands }) =>
      commands.flatMap(({ command }) =>
        command.kind === 'function' ? [[command.name, command.body] as const] : [],
      ),
    ),
  );
}

function noteAssignments({ commands }: Statement, variables: Map<string, string | undefined>): void {
  for (const { command } of commands)
    if (command.kind === 'simple' && command.words.length === 0)
      for (const { name, value } of command.assignments)
        variables.set(name, expand(value, { variables, positional: undefined }));
}

/** Of `case $1 in start) ... stop) ...` the arm that the argument chooses. */
function chosen(script: Script, argument: string | undefined): Script {
  if (argument === undefined) return script;
  return script.map((statement) => ({
    ...statement,
    commands: statement.commands.map(({ joint, command }) => {
      if (command.kind !== 'case') return { joint, command };
      const arms = command.arms.filter(({ patterns }) =>
        patterns.some((pattern) => pattern.replaceAll(/["']/g, '') === argument),
      );
      return { joint, command: arms.length > 0 ? { ...command, arms } : command };
    }),
  }));
}

/** What stands behind env, sudo, su, xargs, busybox and the like. */
function inside(command: readonly string[]): string[] {
  const [program = '', ...args] = command;
  const name = basename(program);
  if (name === 'xargs') return inside(behindXargs(args));
  if (name === 'busybox' || name === 'toybox') return inside(args);
  if (name === 'start-stop-daemon' || shellPrograms.has(name)) return [...command];
  const step = starters.has(name) || Object.hasOwn(specialSteps, name) ? stepInto(command) : undefined;
  return step === undefined || step.length === 0 ? [...command] : inside(step);
}

/** One starter less; undefined where it is out of sight. */
function stepInto(command: readonly string[]): string[] | undefined {
  const { hops, service } = unwrap(command, 'bash');
  if (hops.length === 0) return undefined;
  const [program = '', ...args] = command;
  const special = specialSteps[basename(program)]?.(args, basename(program));
  if (special?.hop?.onTerm === 'opaque') return undefined;
  if (special) return special.inner;
  return hops.some(({ onTerm }) => onTerm === 'opaque') ? undefined : service;
}

function behindXargs(args: readonly string[]): string[] {
  const syntax = {
    short: 'a:d:E:I:L:n:P:s:0rtpxo',
    long: ['arg-file', 'delimiter', 'max-lines', 'max-args', 'max-procs', 'max-chars', 'replace', 'eof'],
  };
  return readWords(args, syntax).rest;
}

function asksWhetherItRuns(script: string): boolean {
  return (
    /\b(while|until|for)\b/.test(script) &&
    /\bkill\s+-(0|s\s*0)|\bpgrep\b|\bpidof\b|\/proc\/|\bps\s+-p/.test(script)
  );
}

function plainActions(
  words: readonly string[],
  { graceMs = dockerGraceMs }: StopReading,
  depth: number,
): StopAction[] {
  const [program = '', ...args] = words;
  const name = basename(program);
  const killing = readKill(words);
  if (killing?.signal === 'KILL') return [{ does: 'kills' }];
  if (killing && isOpen(killing.signal))
    return [{ does: 'unclear', because: `it sends ${killing.signal}, whatever that is` }];
  if (killing)
    return [{ does: 'tells', whom: killing.targets.join(' ').includes('MAINPID') ? 'main' : 'service' }];
  const pause = sleepSeconds(words);
  if (pause !== undefined) return [{ does: 'pauses', ms: pause * 1_000 }];
  if (/^(docker|podman|nerdctl|docker-compose|podman-compose)$/.test(name))
    return container(name, args, graceMs);
  const own = runnerStop(words);
  if (own) return own;
  if (name === 'start-stop-daemon') return startStopDaemon(args);
  if (name === 'systemctl' && args.includes('kill')) return systemctlKill(args);
  if (/^(kafka|zookeeper)-server-stop(\.sh)?$/.test(name)) return [{ does: 'tells', whom: 'service' }];
  if (name === 'wait' || (name === 'tail' && args.some((arg) => arg.startsWith('--pid'))))
    return [{ does: 'waits' }];
  const manager = managerAction(name, args);
  if (manager) return [manager];
  if (interpreter.test(name) && args.some((arg) => /^-(c|e|r)$/.test(arg)))
    return [{ does: 'unclear', because: `it runs a line of ${name}, which is not read here` }];
  if (isSoonOver(words)) return [];
  // Within a script nobody takes whatever it runs for a word to the service.
  if (depth > 0 && isOpen(program)) return [{ does: 'unclear', because: `it runs ${program}` }];
  const line = args.join(' ');
  const waits = /(^|\s)--?(no-?wait|async|nowait)\b/.test(line)
    ? 'no'
    : /(^|\s)(--?wait\b|-w\b)/.test(line)
      ? 'yes'
      : 'unknown';
  return [{ does: 'asks', waits }];
}

/** `penstock-run stop`, also behind node: it waits, and kills only with --kill-after. */
function runnerStop(words: readonly string[]): StopAction[] | undefined {
  const at = words.findIndex((word) => runnerPattern.test(word));
  if (at < 0 || words[at + 1] !== 'stop') return undefined;
  const read = readWords(words.slice(at + 2), { long: ['pid-file', 'timeout', 'kill-after', 'ready'] });
  const [killAfter, timeout = '300'] = [optionOf(read, 'kill-after'), optionOf(read, 'timeout')];
  if (killAfter !== undefined) return [{ does: 'tells and kills', afterMs: Number(killAfter) * 1_000 }];
  return [
    { does: 'tells', whom: 'service' },
    { does: 'waits', boundMs: Number(timeout) * 1_000 },
  ];
}

const interpreter = /^(python[\d.]*|perl|ruby|node|php[\d.]*|lua)$/;

function container(name: string, args: readonly string[], graceMs: number): StopAction[] {
  const compose = name.endsWith('compose') || args.includes('compose');
  const verb = args.find((arg) => /^(stop|kill|rm|down|restart)$/.test(arg));
  const behind = args.slice(verb === undefined ? 0 : args.indexOf(verb) + 1);
  const read = readWords(behind, { short: 't:s:', long: ['time', 'timeout', 'signal'], permutes: true });
  const said = optionOf(read, 't', 'time', 'timeout');
  const afterMs = said === undefined || !/^-?\d+$/.test(said) ? graceMs : Number(said) * 1_000;
  if (verb === 'stop' || verb === 'restart' || (verb === 'down' && compose))
    return afterMs < 0 ? [{ does: 'asks', waits: 'yes' }] : [{ does: 'tells and kills', afterMs }];
  if (verb === 'kill') {
    const signal = optionOf(read, 's', 'signal')?.replace(/^SIG/, '') ?? 'KILL';
    return signal === 'KILL' || signal === '9' ? [{ does: 'kills' }] : [{ does: 'tells', whom: 'service' }];
  }
  if (verb === 'rm')
    return hasOption(read, 'f', 'force') && !hasOption(read, 't', 'time') ? [{ does: 'kills' }] : [];
  return [{ does: 'asks', waits: 'unknown' }];
}

/** --retry 30, or a schedule like TERM/30/KILL/5: signals and seconds in turn. */
function startStopDaemon(args: readonly string[]): StopAction[] {
  const read = readWords(args, startStopDaemonOptions);
  if (!hasOption(read, 'K', 'stop')) return [{ does: 'asks', waits: 'unknown' }];
  const signal = optionOf(read, 's', 'signal')?.replace(/^SIG/, '');
  if (signal === 'KILL' || signal === '9') return [{ does: 'kills' }];
  const retry = optionOf(read, 'R', 'retry');
  if (retry === undefined) return [{ does: 'tells', whom: 'service' }];
  if (isOpen(retry)) return [{ does: 'unclear', because: `its schedule is ${retry}, which is not read` }];
  if (/^\d+$/.test(retry)) return [{ does: 'tells and kills', afterMs: Number(retry) * 1_000 }];
  let waitedMs = 0;
  for (const item of retry.replaceAll(/-(?=[A-Z])|SIG/g, '').split('/')) {
    if (item === 'KILL' || item === '9') return [{ does: 'tells and kills', afterMs: waitedMs }];
    if (item === 'forever') break;
    if (/^\d+$/.test(item)) waitedMs += Number(item) * 1_000;
  }
  const waits: StopAction = retry.includes('forever')
    ? { does: 'waits' }
    : { does: 'waits', boundMs: waitedMs };
  return [{ does: 'tells', whom: 'service' }, waits];
}

function systemctlKill(args: readonly string[]): StopAction[] {
  const read = readWords(args, { short: 's:', long: ['signal', 'kill-whom', 'kill-who'], permutes: true });
  const signal = optionOf(read, 's', 'signal')?.replace(/^SIG/, '');
  return signal === 'KILL' || signal === '9' ? [{ does: 'kills' }] : [{ does: 'tells', whom: 'service' }];
}
