import type { Hop } from '../judge/hop.ts';
import { skipOptions, valueOf } from './command-words.ts';

const valued = [
  '-s',
  '--shell',
  '-c',
  '--command',
  '--session-command',
  '-g',
  '--group',
  '-G',
  '--supp-group',
  '-w',
  '-u',
  '--user',
];

/**
 * su and runuser stay as the parent of what they start. At TERM they pass it on, sleep for two seconds without waiting for the child, and
 * send KILL: even a service that stops at once takes 2.00 s. The words: `su [options] [-] [user [arguments]]`, options anywhere.
 */
export function unwrapSu(name: string, args: string[]): { hop: Hop; inner: string[] } | undefined {
  const direct = name === 'runuser' ? valueOf(args, ['-u', '--user']) : undefined;
  const operands = operandsOf(args);
  const user = direct ?? operands[0] ?? 'root';
  const because =
    'stays as the parent; at TERM it tells its child, sleeps 2 s and sends KILL, whatever the child does';
  const hop: Hop = { name, onTerm: 'passes-then-kills', user, because };
  if (direct !== undefined) return { hop, inner: args.slice(skipOptions(args, valued)) };
  const sessionCommand = valueOf(args, ['--session-command']);
  const script = sessionCommand ?? valueOf(args, ['-c', '--command']);
  if (script === undefined) return undefined; // an interactive shell is no service
  const shell = valueOf(args, ['-s', '--shell']) ?? 'sh';
  return { hop, inner: [shell, '-c', script] };
}

/** getopt lets options stand behind the user: `su -s /bin/sh - kafka -c '...'`. */
function operandsOf(args: readonly string[]): string[] {
  const operands: string[] = [];
  for (let at = 0; at < args.length && args[at] !== '--'; at++) {
    const arg = args[at]!;
    if (valued.includes(arg)) at++;
    else if (!arg.startsWith('-')) operands.push(arg);
  }
  return operands;
}
