import { basename } from 'node:path';
import { signalName } from '../signal-name.ts';

/** A command that signals something: kill, pkill, killall, killall5, killproc, fuser -k, skill. */
export interface Killing {
  signal: string;
  /** What stands for the target: a PID, a name. Empty when there is none. */
  targets: string[];
}

/** Undefined when the command sends nothing; `kill -0` and `kill -l` only ask. */
export function readKill([program = '', ...args]: readonly string[]): Killing | undefined {
  const name = basename(program);
  if (name === 'fuser') return readFuser(args);
  if (!killers.has(name)) return undefined;
  let signal = 'TERM';
  const targets: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at]!;
    const long = /^--signal=(.*)$/.exec(arg)?.[1];
    if (arg === '--') {
      targets.push(...args.slice(at + 1));
      break;
    }
    if (long !== undefined) signal = long;
    else if (takesSignal.has(arg) || (arg === '-n' && name === 'kill')) signal = args[++at] ?? signal;
    else if (/^-[sn][A-Z0-9]+$/.test(arg)) signal = arg.slice(2);
    else if (valued[name]?.includes(arg)) at++;
    else if (/^-(\d+|(SIG)?(RT(MIN|MAX)([+-]\d+)?|[A-Z][A-Z0-9]+))$/i.test(arg) && isSignal(arg.slice(1)))
      signal = arg.slice(1);
    else if (arg === '-l' || arg === '-L' || arg === '--list') return undefined;
    else if (arg.startsWith('-$') && targets.length === 0 && args.length > at + 1) signal = arg.slice(1);
    else if (!arg.startsWith('-') || arg.startsWith('-$')) targets.push(arg);
  }
  const named = signalName(signal);
  return named === '0' || named === 'EXIT' ? undefined : { signal: named, targets };
}

const killers = new Set(['kill', 'pkill', 'killall', 'killall5', 'killproc', 'skill']);
const takesSignal = new Set(['-s', '--signal']);
/** Options that take a value which is neither signal nor target: procps, psmisc, util-linux. */
const valued: Readonly<Record<string, readonly string[]>> = {
  pkill: ['-u', '-U', '-g', '-G', '-P', '-t', '-F', '--pidfile', '--ns', '--euid', '--uid', '--parent'],
  killall: ['-u', '-o', '-y', '-Z', '-n', '--user', '--older-than', '--younger-than'],
  killproc: ['-p', '-d', '-b'],
  kill: ['-q', '--queue', '--timeout'],
  killall5: ['-o'],
};

/** pkill -x is an option, -HUP is a signal. */
function isSignal(text: string): boolean {
  return /^\d+$/.test(text) || /^RT/i.test(text) || signalNames.has(text.toUpperCase().replace(/^SIG/, ''));
}

const signalNames = new Set(
  (
    'HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP ' +
    'TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS'
  ).split(' '),
);

/** fuser -k sends KILL unless told otherwise (psmisc). */
function readFuser(args: readonly string[]): Killing | undefined {
  const kills = args.some((arg) => arg === '--kill' || /^-[a-z]*k/.test(arg));
  if (!kills) return undefined;
  const said = args.find((arg) => /^-[A-Z0-9]+$/.test(arg) && isSignal(arg.slice(1)));
  return {
    signal: signalName(said?.slice(1) ?? 'KILL'),
    targets: args.filter((arg) => !arg.startsWith('-')),
  };
}
