import type { Hop, OnTerm } from '../verdict/hop.ts';
import type { OptionSyntax } from './command-words.ts';

/** How to find the command among a starter's arguments, and what the starter does with TERM. */
export interface Starter extends OptionSyntax {
  names: readonly string[];
  onTerm: OnTerm;
  /** Words between the options and the command: the user of gosu, the file of flock. */
  operands?: number;
  /** Where the user stands: an option, or the first operand. */
  user?: readonly string[] | 'operand';
  /** `NAME=value` words may stand before the command. */
  assignments?: boolean;
  because: string;
  /** Where this was read, or how it was measured. */
  source: string;
  settle?: string;
  mend?: string;
  newGroup?: boolean;
}

/** Process 1 of a container: they hand signals on and reap. */
export const inits: ReadonlySet<string> = new Set([
  'tini',
  'tini-static',
  'dumb-init',
  'catatonit',
  'docker-init',
]);

const execs = { onTerm: 'replaces', because: 'it replaces itself by the command' } as const;
const measuredByTable = 'measured: the table in test/table.test.ts';

/** Programs that start another in their own process, or stay as its parent. */
const plainStarters: readonly Starter[] = [
  { ...execs, names: ['gosu', 'su-exec'], operands: 1, user: 'operand', source: measuredByTable },
  { ...execs, names: ['setuidgid', 's6-setuidgid'], operands: 1, user: 'operand', source: measuredByTable },
  {
    ...execs,
    names: ['softlimit', 's6-softlimit'],
    short: 'a:c:d:f:l:m:o:p:r:s:t:h:H:',
    source: 'softlimit(8)',
  },
  { ...execs, names: ['s6-applyuidgid'], short: 'u:g:G:z', source: 's6: s6-applyuidgid' },
  { ...execs, names: ['envdir', 's6-envdir'], operands: 1, source: 'envdir(8), s6-envdir' },
  { ...execs, names: ['envuidgid', 's6-envuidgid'], operands: 1, source: 'envuidgid(8)' },
  {
    ...execs,
    names: ['setlock', 's6-setlock'],
    operands: 1,
    source: 'setlock(8): execs, and keeps the lock',
  },
  { ...execs, names: ['pgrphack', 's6-setsid'], newGroup: true, source: 'pgrphack(8), s6-setsid' },
  {
    ...execs,
    names: ['chpst'],
    short: 'u:U:b:e:/:n:l:L:m:d:o:p:f:c:r:t:C:',
    user: ['u'],
    source: measuredByTable,
  },
  {
    ...execs,
    names: ['setpriv'],
    long: [
      ...['reuid', 'regid', 'ruid', 'euid', 'rgid', 'egid', 'groups', 'inh-caps', 'ambient-caps'],
      ...['bounding-set', 'securebits', 'pdeathsig', 'selinux-label', 'apparmor-profile', 'landlock-access'],
    ],
    user: ['reuid'],
    source: measuredByTable,
  },
  { ...execs, names: ['chroot'], long: ['userspec', 'groups'], operands: 1, source: measuredByTable },
  { ...execs, names: ['nohup'], source: 'coreutils nohup.c' },
  {
    ...execs,
    names: ['stdbuf'],
    short: 'i:o:e:',
    long: ['input', 'output', 'error'],
    source: 'coreutils stdbuf.c',
  },
  { ...execs, names: ['command', 'builtin'], short: '', source: 'POSIX: command' },
  { ...execs, names: ['exec'], short: 'a:cl', source: 'POSIX: exec; bash: -a -c -l' },
  { ...execs, names: ['prlimit'], short: 'p:o:', long: ['pid', 'output'], source: 'util-linux prlimit.c' },
  { ...execs, names: ['nice'], short: 'n:', long: ['adjustment'], source: 'coreutils nice.c' },
  {
    ...execs,
    names: ['ionice'],
    short: 'c:n:p:P:u:t',
    long: ['class', 'classdata', 'pid', 'pgid', 'uid'],
    source: 'util-linux ionice.c',
  },
  { ...execs, names: ['taskset'], short: 'pac', operands: 1, source: 'util-linux taskset.c' },
  {
    ...execs,
    names: ['chrt'],
    short: 'T:P:D:',
    long: ['sched-runtime', 'sched-period', 'sched-deadline'],
    operands: 1,
    source: 'util-linux chrt.c',
  },
  {
    ...execs,
    names: ['numactl'],
    short: 'N:m:i:C:p:w:P:S:f:L:M:o:l',
    long: [
      ...['cpunodebind', 'membind', 'interleave', 'physcpubind', 'preferred', 'cpubind', 'shm', 'file'],
      ...['weighted-interleave', 'preferred-many', 'offset', 'length', 'shmmode', 'shmid'],
    ],
    source: 'numactl.c: execvp',
  },
  { ...execs, names: ['setarch', 'linux32', 'linux64', 'i386', 'x86_64'], source: 'util-linux setarch.c' },
  { ...execs, names: ['cgexec'], short: 'g:', source: 'libcgroup cgexec.c: execvp' },
  { ...execs, names: ['runcon'], short: 't:u:r:l:', operands: 1, source: 'coreutils runcon.c' },
  { ...execs, names: ['aa-exec'], short: 'p:n:', long: ['profile', 'namespace'], source: 'aa-exec(1)' },
  { ...execs, names: ['authbind'], source: 'authbind(1): sets LD_PRELOAD and execs' },
  {
    ...execs,
    names: ['systemd-cat'],
    short: 't:p:',
    long: ['identifier', 'priority', 'stderr-priority', 'namespace', 'level-prefix'],
    source: 'systemd src/journal/cat.c: execvp',
  },
  { ...execs, names: ['catchsegv', 'eatmydata'], source: 'shell scripts that exec' },
  {
    names: ['sudo'],
    onTerm: 'passes',
    short: 'u:g:C:D:h:p:r:t:T:U:R:a:c:HEAbkKlnPSsivBeN',
    long: [
      ...['user', 'group', 'close-from', 'chdir', 'host', 'prompt', 'role', 'type', 'command-timeout'],
      ...['other-user', 'chroot', 'auth-type', 'login-class'],
    ],
    user: ['u', 'user'],
    assignments: true,
    because: 'it hands TERM on and waits, but stays as a root parent; KILL of it orphans the service',
    source: measuredByTable,
  },
  {
    names: [...inits],
    onTerm: 'passes',
    short: 'p:e:l:r:svgwhcV',
    long: ['rewrite'],
    because: 'it hands TERM on and waits; as root it needs the capability KILL for a child of another user',
    source: measuredByTable,
    newGroup: true,
  },
  {
    names: ['timeout'],
    onTerm: 'passes',
    short: 'k:s:v',
    long: ['kill-after', 'signal'],
    operands: 1,
    because: 'it hands TERM on and waits',
    source: 'coreutils timeout.c: cleanup()',
  },
  {
    names: ['flock'],
    onTerm: 'dies-alone',
    short: 'w:E:c:enosuxFv',
    long: ['timeout', 'wait', 'conflict-exit-code', 'command'],
    operands: 1,
    because: 'it waits as the parent and does not hand TERM on (flock -F execs)',
    source: measuredByTable,
  },
  {
    names: ['npm', 'yarn', 'pnpm', 'npx', 'bunx', 'yarnpkg'],
    onTerm: 'dies-alone',
    because:
      'npm and a shell stay between, and TERM ends them without reaching the service for certain ' +
      '(npm/npm#4603)',
    source: 'npm/npm#4603, docker-library/ghost#37',
    mend: 'start the program that the script in package.json runs, without npm',
  },
  {
    names: ['daemon', 'daemonize'],
    onTerm: 'detaches',
    because: 'starts it in the background and leaves at once',
    short: 'n:u:F:o:l:E:O:D:p:c:e:a:rfX:',
    source: 'daemon(1) of libslack, daemonize(1)',
    newGroup: true,
  },
];

/**
 * Parents of which the sources say too little, or too much at once. OpenDoas kills after 2 s like su, where
 * it uses PAM.
 */
const unknownStarters: readonly Starter[] = (
  [
    [
      'strace ltrace gdb valgrind perf',
      'is a tool to look into a program; what it does with TERM depends on it',
    ],
    [
      'script expect unbuffer xvfb-run xinit startx dbus-run-session dbus-launch',
      'starts it in a session of its own',
    ],
    ['bwrap firejail proot fakeroot fakechroot faketime', 'stays as a parent in some of its modes'],
    ['nsenter ip', 'forks in some of its modes'],
    ['pkexec sg newgrp', 'execs or stays, depending on how it was built and set up'],
    ['systemd-inhibit', 'waits for its child; what it does with TERM is not written down'],
    [
      'dockerize envconsul consul-template chamber aws-vault doppler infisical op teller summon berglas ' +
        'vault-env sops envchain direnv dotenv dotenvx env-cmd cross-env cross-env-shell secrethub ' +
        'wait-for wait-for-it wait4x confd multirun',
      'sets something up and then starts the program, in its place or as a child',
    ],
    [
      'concurrently npm-run-all run-p run-s nx lerna turbo watchexec entr reflex air CompileDaemon ' +
        'inotifywait onchange chokidar cargo-watch guard rerun',
      'runs programs as children, and starts them anew',
    ],
    [
      'pipenv poetry uv conda mamba pdm hatch bundle rbenv pyenv nvm',
      'finds the program by rules of its own',
    ],
    [
      'make mvn gradle gradlew sbt lein rake ant cargo go dotnet-watch watch xargs parallel find',
      'starts a child',
    ],
    ['ssh autossh mosh rsh', 'what it starts runs on another machine'],
    ['fish csh tcsh pwsh nu elvish xonsh execlineb rc es', 'is a shell whose grammar is not read here'],
  ] as const
).map(([names, because]) => ({
  ...{ names: names.split(' '), onTerm: 'opaque', because, source: 'not measured' },
  settle: 'send TERM to it, and look whether the service gets it, and when',
}));

/** What they start is held by somebody else: another daemon, or they themselves by rules of their own. */
const opaqueStarters: readonly Starter[] = (
  [
    [
      'screen tmux abduco dtach byobu',
      'what it starts belongs to a session daemon, which this supervisor does not hold',
    ],
    ['systemd-run systemd-nspawn machinectl busctl', 'what it starts gets a unit or a scope of its own'],
    [
      'supervisord runsvdir runsv runit s6-svscan s6-supervise s6-svc svscan svscanboot supervise ' +
        'perpd monit god circusd circus init my_init systemd s6-linux-init runit-init openrc-init ' +
        'honcho foreman forego overmind hivemind goreman bluepill',
      'is a supervisor itself, and stops its services by rules of its own',
    ],
    ['pm2 pm2-runtime pm2-docker forever nodemon ts-node-dev tsx-watch', 'is a supervisor of Node processes'],
    [
      'kubectl crictl ctr lxc-start lxc incus virsh vagrant qm pct machinectl',
      'what it starts runs elsewhere',
    ],
    ['service systemctl initctl invoke-rc.d rc-service telinit', 'asks another supervisor to start it'],
  ] as const
).map(([names, because]) => ({
  ...{ names: names.split(' '), onTerm: 'opaque', because, source: 'their manual pages' },
  settle: 'ask the running service: doctor --pid PID',
}));

/** The same, where the command behind it can be found. */
const namedStarters: readonly Starter[] = [
  {
    names: ['doas'],
    onTerm: 'opaque',
    short: 'u:C:a:Lns',
    user: ['u'],
    because: 'execs on OpenBSD; elsewhere it may stay for PAM, and kills like su',
    source: 'OpenDoas pam.c: watchsession()',
    settle: 'send TERM to it, and look whether the service gets KILL 2 s later',
  },
  {
    names: ['screen'],
    onTerm: 'opaque',
    short: 'S:c:h:p:t:T:e:s:X:DdmRrxUALaiOq',
    because: 'what it starts belongs to a session daemon, which this supervisor does not hold',
    source: 'screen(1)',
    settle: 'ask the running service: doctor --pid PID',
  },
];

/** Programs that start another. What is not here counts as the service itself. */
export const starters: ReadonlyMap<string, Starter> = new Map(
  [...opaqueStarters, ...unknownStarters, ...namedStarters, ...plainStarters].flatMap((starter) =>
    starter.names.map((name) => [name, starter] as const),
  ),
);

export function hopOf(starter: Starter, name: string): Hop {
  const { onTerm, because, settle, newGroup, mend } = starter;
  return {
    ...{ name, onTerm, because },
    ...(settle && { settle }),
    ...(newGroup && { newGroup }),
    ...(mend && { mend }),
  };
}
