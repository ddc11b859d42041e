import type { OnTerm } from '../judge/hop.ts';

/** How to find the command inside a starter's arguments, and what the starter does with TERM. */
export interface Starter {
  names: readonly string[];
  onTerm: OnTerm;
  /** Options that take a value in the next word, like -n or --user. */
  valued?: readonly string[];
  /** Words between the options and the command: the user of gosu, the file of flock. */
  operands?: number;
  because: string;
}

/** Process 1 of a container: they hand signals on and reap. */
export const inits: ReadonlySet<string> = new Set(['tini', 'dumb-init', 'catatonit', 'docker-init']);

const execs = 'it replaces itself by the command';

/** Programs that start another. What is not here counts as the service itself. */
export const starters: readonly Starter[] = [
  {
    names: ['gosu', 'su-exec', 'setuidgid', 's6-setuidgid', 'softlimit', 's6-softlimit'],
    onTerm: 'replaces',
    valued: ['-a', '-c', '-d', '-f', '-l', '-m', '-n', '-o', '-p', '-r', '-s', '-t'],
    operands: 1,
    because: execs,
  },
  {
    names: ['chpst'],
    onTerm: 'replaces',
    valued: ['-u', '-U', '-b', '-e', '-/', '-n', '-l', '-L', '-m', '-d', '-o', '-p', '-f', '-c'],
    because: execs,
  },
  {
    names: ['setpriv'],
    onTerm: 'replaces',
    valued: [
      ...['--reuid', '--regid', '--ruid', '--euid', '--rgid', '--egid', '--groups', '--inh-caps'],
      ...['--ambient-caps', '--bounding-set', '--securebits', '--pdeathsig', '--selinux-label'],
    ],
    because: execs,
  },
  { names: ['chroot'], onTerm: 'replaces', operands: 1, because: execs },
  {
    names: ['nohup', 'exec', 'command', 'stdbuf'],
    onTerm: 'replaces',
    valued: ['-i', '-o', '-e'],
    because: execs,
  },
  { names: ['prlimit'], onTerm: 'replaces', because: execs },
  { names: ['nice'], onTerm: 'replaces', valued: ['-n', '--adjustment'], because: execs },
  {
    names: ['ionice'],
    onTerm: 'replaces',
    valued: ['-c', '--class', '-n', '--classdata'],
    because: execs,
  },
  { names: ['taskset', 'chrt'], onTerm: 'replaces', operands: 1, because: execs },
  { names: ['numactl'], onTerm: 'replaces', valued: ['-N', '-m', '-i', '-C', '-p'], because: execs },
  {
    names: ['sudo'],
    onTerm: 'passes',
    valued: ['-u', '--user', '-g', '--group', '-C', '-D', '-h', '-p', '-r', '-t', '-T', '-U', '-R'],
    because: 'it hands TERM on and waits, but stays as a root parent; KILL of it orphans the service',
  },
  {
    names: [...inits],
    onTerm: 'passes',
    valued: ['-p', '-e', '-l', '-r', '--rewrite'],
    because: 'it hands TERM on and waits; as root it needs the capability KILL for a child of another user',
  },
  {
    names: ['timeout'],
    onTerm: 'passes',
    valued: ['-k', '--kill-after', '-s', '--signal'],
    operands: 1,
    because: 'it hands TERM on and waits',
  },
  {
    names: ['flock'],
    onTerm: 'dies-alone',
    valued: ['-w', '--timeout', '-E', '--conflict-exit-code'],
    operands: 1,
    because: 'it waits as the parent and does not hand TERM on (flock -F execs)',
  },
  {
    names: ['npm', 'yarn', 'pnpm', 'npx'],
    onTerm: 'dies-alone',
    because:
      'npm and a shell stay between, and TERM ends them without reaching the service for certain (npm/npm#4603)',
  },
];
