import { basename } from 'node:path';
import { hasOption, optionOf, readWords } from '../command/command-words.ts';
import { START_STOP_DAEMON } from '../command/special.ts';
import { unwrap } from '../command/unwrap.ts';
import { readKill } from '../shell/kill.ts';
import { parseShell } from '../shell/parse.ts';
import { isSoonOver, sleepSeconds } from '../shell/passing.ts';
import { ShellSyntaxError } from '../shell/scan.ts';
import { simpleCommands } from '../shell/trap.ts';
import { expandWords } from '../shell/words.ts';
import { SHELLS } from '../../shell-wrapper.ts';

/** What a stop command does, step by step. */
export type StopAction =
  | { does: 'tells'; whom: 'service' | 'main' }
  | { does: 'kills' }
  | { does: 'pauses'; ms: number }
  /** It asks again and again whether the service has ended. */
  | { does: 'waits'; boundMs?: number }
  /** It tells, waits that long, and kills. */
  | { does: 'tells and kills'; afterMs: number }
  /** A program of the service's own, which is taken to tell it. */
  | { does: 'asks'; waits: 'yes' | 'no' | 'unknown' };

/** Docker's default between TERM and KILL, of `docker stop` and of compose. */
export const dockerGraceMs = 10_000;

/** `graceMs`: what the container was given at its start, where the file says it. */
export function stopActions(command: readonly string[], graceMs = dockerGraceMs): StopAction[] {
  const shell = unwrapToShell(command);
  if (shell === undefined) return actionsOf(inside(command), graceMs);
  try {
    const script = parseShell(shell);
    const words = simpleCommands(script, new Map(), 0).map((each) => expandWords(each));
    const waits: StopAction[] = asksWhetherItRuns(shell) ? [{ does: 'waits' }] : [];
    const actions = words.flatMap((each) => actionsOf(inside(each), graceMs));
    const end = actions.findLastIndex(({ does }) => does === 'tells' || does === 'asks') + 1;
    return [...actions.slice(0, end), ...waits, ...actions.slice(end)];
  } catch (error) {
    if (!(error instanceof ShellSyntaxError)) throw error;
    return [{ does: 'asks', waits: 'unknown' }];
  }
}

/** The line of `sh -c LINE`, behind env, sudo and the like. */
function unwrapToShell(command: readonly string[]): string | undefined {
  const at = command.findIndex((word) => SHELLS.has(basename(word)));
  const flag = at < 0 ? -1 : command.findIndex((word, place) => place > at && /^-[a-z]*c$/.test(word));
  return flag < 0 || flag > at + 3 ? undefined : command[flag + 1];
}

/** What stands behind env, sudo, su and the like. */
function inside(command: readonly string[]): string[] {
  if (basename(command[0] ?? '') === 'start-stop-daemon') return [...command];
  const { service, hops } = unwrap(command, 'bash');
  return hops.some(({ onTerm }) => onTerm === 'opaque')
    ? [...command]
    : service.length > 0
      ? service
      : [...command];
}

function asksWhetherItRuns(script: string): boolean {
  return (
    /\b(while|until|for)\b/.test(script) &&
    /\bkill\s+-(0|s\s*0)|\bpgrep\b|\bpidof\b|\/proc\/|\bps\s+-p/.test(script)
  );
}

function actionsOf(words: readonly string[], graceMs: number): StopAction[] {
  const [program = '', ...args] = words;
  const name = basename(program);
  const killing = readKill(words);
  if (killing?.signal === 'KILL') return [{ does: 'kills' }];
  if (killing)
    return [{ does: 'tells', whom: killing.targets.join(' ').includes('MAINPID') ? 'main' : 'service' }];
  const pause = sleepSeconds(words);
  if (pause !== undefined) return [{ does: 'pauses', ms: pause * 1_000 }];
  if (/^(docker|podman|nerdctl|docker-compose|podman-compose)$/.test(name))
    return container(name, args, graceMs);
  if (name === 'start-stop-daemon') return startStopDaemon(args);
  if (name === 'systemctl' && args.includes('kill')) return systemctlKill(args);
  if (/^(kafka|zookeeper)-server-stop(\.sh)?$/.test(name)) return [{ does: 'tells', whom: 'service' }];
  if (name === 'wait' || (name === 'tail' && args.some((arg) => arg.startsWith('--pid'))))
    return [{ does: 'waits' }];
  if (isSoonOver(words)) return [];
  const line = args.join(' ');
  const waits = /(^|\s)--?(no-?wait|async|nowait)\b/.test(line)
    ? 'no'
    : /(^|\s)(--?wait\b|-w\b)/.test(line)
      ? 'yes'
      : 'unknown';
  return [{ does: 'asks', waits }];
}

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
  const read = readWords(args, START_STOP_DAEMON);
  if (!hasOption(read, 'K', 'stop')) return [{ does: 'asks', waits: 'unknown' }];
  const signal = optionOf(read, 's', 'signal')?.replace(/^SIG/, '');
  if (signal === 'KILL' || signal === '9') return [{ does: 'kills' }];
  const retry = optionOf(read, 'R', 'retry');
  if (retry === undefined) return [{ does: 'tells', whom: 'service' }];
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
