import type { Hop } from '../verdict/hop.ts';
import { sleepSeconds } from '../shell/passing.ts';
import { splitWords } from '../shell/words.ts';
import { hasOption, optionOf, readWords, withoutAssignments } from './command-words.ts';
import { hopOf, starters } from './programs.ts';
import type { Step } from './step.ts';
import { unwrapSu } from './su.ts';

/** Programs whose options decide what they do with TERM. */
export const specialSteps: Readonly<Record<string, (args: string[], name: string) => Step | undefined>> = {
  su: unwrapSu,
  runuser: unwrapSu,
  env,
  setsid,
  sudo,
  flock,
  unshare,
  tini: init,
  'tini-static': init,
  'docker-init': init,
  catatonit: init,
  'dumb-init': init,
  ip: netns,
  timeout,
  node,
  nodejs: node,
  bun: spawner(/^(run|x|start|dev|--bun)$/),
  deno: spawner(/^task$/),
  dotnet: spawner(/^(run|watch|test)$/),
  tsx: spawner(/./),
  'start-stop-daemon': startStopDaemon,
};

function env(args: string[]): Step {
  const syntax = { short: 'u:C:S:i0v', long: ['unset', 'chdir', 'split-string'] };
  const read = readWords(args, syntax);
  const split = optionOf(read, 'S', 'split-string');
  const words = [...(split === undefined ? [] : splitWords(split)), ...read.rest];
  const hop: Hop = { name: 'env', onTerm: 'replaces', because: 'replaces itself by the command' };
  return { hop, inner: withoutAssignments(words) };
}

/**
 * setsid forks when it leads a process group, which a supervisor's child does. With -w it waits, but passes
 * nothing on.
 */
function setsid(args: string[]): Step {
  const read = readWords(args, { short: 'cfw' });
  const waits = hasOption(read, 'w', 'wait');
  const hop: Hop = {
    name: 'setsid',
    onTerm: waits ? 'dies-alone' : 'detaches',
    because: waits ? 'waits as the parent and does not hand TERM on' : 'forks and leaves at once',
    newGroup: true,
  };
  return { hop, inner: read.rest };
}

function sudo(args: string[]): Step {
  const syntax = starters.get('sudo')!;
  const read = readWords(args, syntax);
  const inner = withoutAssignments(read.rest);
  const user = optionOf(read, 'u', 'user');
  const hop: Hop = hasOption(read, 'b', 'background')
    ? { name: 'sudo -b', onTerm: 'detaches', because: 'starts it in the background and leaves at once' }
    : hopOf(syntax, 'sudo');
  return { hop: user === undefined ? hop : { ...hop, user }, inner };
}

function flock(args: string[]): Step {
  const syntax = starters.get('flock')!;
  const read = readWords(args, syntax);
  // `flock FILE -c LINE`: the option may stand behind the file.
  const [, ...words] = read.rest;
  const line =
    optionOf(read, 'c', 'command') ?? (/^(-c|--command)$/.test(words[0] ?? '') ? words[1] : undefined);
  const inner = line === undefined ? words : ['sh', '-c', line];
  if (hasOption(read, 'F', 'no-fork'))
    return { hop: { name: 'flock', onTerm: 'replaces', because: 'replaces itself by the command' }, inner };
  return { hop: hopOf(syntax, 'flock'), inner };
}

/**
 * Without --fork it execs. With it, it waits for its child with INT and TERM blocked (util-linux
 * sys-utils/unshare.c).
 */
function unshare(args: string[]): Step {
  const syntax = {
    short: 'S:G:R:w:fmuinpUCTr',
    long: ['propagation', 'setgroups', 'root', 'wd', 'setuid', 'setgid', 'monotonic', 'boottime'],
  };
  const read = readWords(args, syntax);
  if (!hasOption(read, 'f', 'fork'))
    return {
      hop: { name: 'unshare', onTerm: 'replaces', because: 'replaces itself by the command' },
      inner: read.rest,
    };
  const hop: Hop = {
    name: 'unshare --fork',
    onTerm: 'unknown',
    because: 'blocks TERM while it waits for its child, unless it is told --forward-signals or --kill-child',
    settle: 'send TERM to it, and look whether the service gets it',
  };
  return { hop, inner: read.rest };
}

/** At TERM it hands it on; with -k it sends KILL so long afterwards (coreutils timeout.c: cleanup). */
function timeout(args: string[]): Step {
  const starter = starters.get('timeout')!;
  const read = readWords(args, starter);
  const [limit = '', ...inner] = read.rest;
  const said = optionOf(read, 'k', 'kill-after');
  if (said === undefined) return { hop: hopOf(starter, 'timeout'), inner };
  const seconds = sleepSeconds(['sleep', said]);
  if (seconds === 0) return { hop: hopOf(starter, 'timeout'), inner };
  const because = `hands TERM on, and sends KILL ${said} later (-k), also before its ${limit} are over`;
  const hop: Hop = { name: 'timeout', because, onTerm: 'passes-then-kills' };
  if (seconds !== undefined) return { hop: { ...hop, killsAfterMs: seconds * 1_000 }, inner };
  return { hop: { ...hop, onTerm: 'opaque', settle: `how long ${said} is` }, inner };
}

/** `node --watch` runs the program as a child, and starts it anew. */
function node(args: string[], name: string): Step | undefined {
  if (!args.some((arg) => /^--watch(-path)?(=|$)/.test(arg))) return undefined;
  const hop: Hop = {
    ...{
      name: `${name} --watch`,
      onTerm: 'opaque',
      because: 'runs the program as a child, and starts it anew',
    },
    settle: 'start it without --watch',
  };
  return { hop, inner: [], last: true };
}

/** These words of it start a child, where others make it the service itself. */
function spawner(words: RegExp): (args: string[], name: string) => Step | undefined {
  return (args, name) => {
    const word = args.find((arg) => !arg.startsWith('-') || words.test(arg));
    if (word === undefined || !words.test(word)) return undefined;
    const hop: Hop = {
      ...{ name: `${name} ${word}`, onTerm: 'opaque', because: 'runs the program as a child' },
      settle: `send TERM to it, and look whether the service gets it; or start the program without ${name}`,
    };
    return { hop, inner: [], last: true };
  };
}

function init(args: string[], name: string): Step {
  const starter = starters.get(name)!;
  const read = readWords(args, starter);
  // dumb-init signals the session that it has made, unless it is told not to; tini and catatonit do so with
  // -g.
  const group = name === 'dumb-init' ? !hasOption(read, 'c', 'single-child') : hasOption(read, 'g');
  const hop: Hop = { ...hopOf(starter, name), tellsGroup: group };
  const rewritten = [...args.join(' ').matchAll(/(?:-r|--rewrite)[= ]?15:(\d+)/g)].at(-1)?.[1];
  if (name !== 'dumb-init' || rewritten === undefined || rewritten === '15') return { hop, inner: read.rest };
  const because = `sends signal ${rewritten} in place of TERM`;
  if (rewritten === '0') return { hop: { ...hop, onTerm: 'ignores', because }, inner: read.rest };
  if (rewritten === '9') hop.killsAfterMs = 0;
  const onTerm = rewritten === '9' ? 'passes-then-kills' : 'unknown';
  const settle = `look whether the service ends in peace by signal ${rewritten}`;
  return { hop: { ...hop, onTerm, because, settle }, inner: read.rest };
}

/** `ip netns exec NAME COMMAND` execs (iproute2 ip/ipnetns.c); anything else of ip ends by itself. */
function netns(args: string[]): Step | undefined {
  const { rest } = readWords(args, { short: 'n:' });
  if (!/^netn?s?$/.test(rest[0] ?? '') || rest[1] !== 'exec') return undefined;
  const hop: Hop = { name: 'ip netns exec', onTerm: 'replaces', because: 'replaces itself by the command' };
  return { hop, inner: rest.slice(3) };
}

/** dpkg's utils/start-stop-daemon.c; OpenRC's knows the same words. */
export const startStopDaemonOptions = {
  short: 'x:n:p:u:c:g:s:R:a:r:d:N:P:I:k:e:1:2:KSTHVobtqvCmwi',
  long: [
    ...[
      'exec',
      'name',
      'pidfile',
      'pid',
      'ppid',
      'user',
      'chuid',
      'group',
      'signal',
      'retry',
      'startas',
      'chroot',
    ],
    ...[
      'chdir',
      'nicelevel',
      'procsched',
      'iosched',
      'umask',
      'notify-timeout',
      'stdout',
      'stderr',
      'output',
      'env',
    ],
  ],
  permutes: true,
} as const;

function startStopDaemon(args: string[]): Step {
  const read = readWords(args, startStopDaemonOptions);
  const background = hasOption(read, 'b', 'background');
  const program = optionOf(read, 'a', 'startas') ?? optionOf(read, 'x', 'exec');
  const user = optionOf(read, 'c', 'chuid')?.split(':')[0];
  const hop: Hop = {
    name: 'start-stop-daemon',
    onTerm: background ? 'detaches' : 'replaces',
    because: background ? 'forks by design and leaves at once' : 'replaces itself by the command',
    ...(user === undefined ? {} : { user }),
    ...(background && { newGroup: true }),
  };
  return { hop, inner: program === undefined ? [] : [program, ...read.rest] };
}
