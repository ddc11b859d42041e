import type { Hop } from '../verdict/hop.ts';
import { optionOf, readWords } from './command-words.ts';
import type { Step } from './step.ts';

const syntax = {
  short: 's:c:C:g:G:w:u:T:lmpfPhV',
  long: [
    ...['shell', 'command', 'session-command', 'group', 'supp-group', 'whitelist-environment', 'user'],
    ...['whitelist-environment'],
  ],
};

/**
 * su and runuser stay as the parent of what they start. At TERM they pass it on, sleep for two seconds
 * without waiting for the child, and send KILL: even a service that stops at once takes 2.00 s. The words
 * are `su [options] [-] [user [arguments]]`, with options anywhere: `su -lc LINE kafka`, `su - kafka -c
 * LINE`, `su kafka /opt/start.sh`.
 */
export function unwrapSu(args: string[], name: string): Step {
  const because =
    'stays as the parent; at TERM it tells its child, sleeps 2 s and sends KILL, whatever the child does';
  const direct = name === 'runuser' ? readWords(args, syntax) : undefined;
  const directUser = direct && optionOf(direct, 'u', 'user');
  const hop = (user: string): Hop => ({ name, onTerm: 'passes-then-kills', user, because, newGroup: true });
  if (direct && directUser !== undefined) return { hop: hop(directUser), inner: direct.rest };

  const read = readWords(args, { ...syntax, permutes: true });
  const [user = 'root', ...rest] = read.rest.filter((word) => word !== '-');
  const line = optionOf(read, 'session-command', 'c', 'C', 'command');
  const given = optionOf(read, 's', 'shell');
  // The account's shell, which nobody can see from here, is taken to be like sh.
  const shell = given ?? 'sh';
  if (line !== undefined) return { hop: hop(user), inner: [shell, '-c', line, ...rest] };
  if (rest.length > 0) return { hop: hop(user), inner: [shell, ...rest] };
  const settle = 'doctor --pid PID of the running service';
  return {
    hop: {
      ...hop(user),
      onTerm: 'opaque',
      because: 'starts a login shell, and what that reads is not said',
      settle,
    },
    inner: [],
    last: true,
  };
}
