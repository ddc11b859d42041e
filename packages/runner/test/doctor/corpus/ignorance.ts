import { orphaned, row, untold, type Row } from './rows.ts';

/** What once was called clean because nobody had heard of it. */
const unit = (kind: string, lines: string, code: 0 | 1 | 2, verdict?: string): Row =>
  row(kind, `[Service]\n${lines}\n`, code, undefined, verdict);
/** Only the main process is told, so that a parent in between shows. */
const lone = (kind: string, command: string, code: 0 | 1 | 2, verdict?: string): Row =>
  unit(kind, `KillMode=process\nExecStart=${command}`, code, verdict);
const stop = (kind: string, command: string, code: 0 | 1 | 2, verdict?: string): Row =>
  unit(kind, `ExecStart=/usr/bin/tidemond\nExecStop=${command}`, code, verdict);

const stops: Row[] = [
  stop('a stop script that is not here', '/opt/tide/stop.sh', 2),
  stop('a stop script behind its shell', '/bin/bash /opt/tide/stop.sh now', 2),
  stop('a line of another interpreter', "/usr/bin/python3 -c 'import os; os.kill(7, 9)'", 2),
  stop('an unread script within a line', "/bin/sh -c 'sync; /opt/tide/stop.sh'", 2),
  stop('a function that kills', `/bin/sh -c 'halt() { kill -9 $$1; }; halt $MAINPID'`, 1),
  stop('a signal in a variable', `/bin/sh -c 'S=KILL; kill -s $$S $MAINPID'`, 1),
  stop('xargs', "/bin/sh -c 'pgrep tidemond | xargs kill -9'", 1),
  stop('xargs with options', "/bin/sh -c 'pgrep tidemond | xargs -r -n 1 kill -s KILL'", 1),
  stop('a loop over what it looks up', "/bin/bash -c 'for p in $(pgrep tide); do kill -9 $p; done'", 1),
  stop('busybox', '/bin/busybox killall -9 tidemond', 1),
  stop('two starters in a row', '/usr/bin/sudo /usr/bin/timeout 5 /bin/kill -9 $MAINPID', 1),
  stop('the kernel itself', "/bin/sh -c 'echo 1 > /sys/fs/cgroup/tide/cgroup.kill'", 1),
  stop('a virtual machine that loses its power', '/usr/bin/virsh destroy tide', 1),
  stop('and one that is asked', '/usr/bin/virsh shutdown tide', 0),
  stop('a process manager in a hurry', '/usr/bin/pm2 delete tide', 1),
  stop("runit's force-stop", '/usr/bin/sv force-stop tide', 1),
  stop('a supervisor with a schedule of its own', '/usr/bin/supervisorctl stop tide', 2),
  stop('a terminal that hangs up', '/usr/bin/tmux kill-session -t tide', 2),
  stop('a server that ends without a shutdown', '/usr/bin/pg_ctl stop -m immediate', 2),
  stop('a script that tells, by a variable', `/bin/sh -c 'P=$MAINPID; kill $$P'`, 0),
];

const starts: Row[] = [
  lone('timeout with a KILL behind it', '/usr/bin/timeout -k 2 1d tidemond', 1),
  lone('timeout with much patience', '/usr/bin/timeout --kill-after=5m 1d tidemond', 0),
  lone('timeout without', '/usr/bin/timeout 1d tidemond', 0),
  unit('TERM ignored before the exec', `ExecStart=/bin/sh -c "trap '' TERM; exec tidemond"`, 2),
  unit('TERM ignored, and a child', `ExecStart=/bin/sh -c "trap '' TERM; tidemond; true"`, 2),
  lone('which only the shell gets', `/bin/sh -c "trap '' TERM; tidemond; true"`, 1, untold),
  unit(
    'and set back by the Runner',
    `ExecStart=/bin/sh -c "trap '' TERM; exec penstock-run --user tide -- tidemond"`,
    0,
  ),
  unit('left behind by brackets', `ExecStart=/bin/sh -c '(tidemond &)'`, 1),
  lone('left behind, and nobody tells it', `/bin/sh -c '(tidemond &)'`, 1, orphaned),
  unit('a script that is read into the shell', `ExecStart=/bin/sh -c '. /opt/tide/start'`, 2),
  unit('settings that are read, and a service', `ExecStart=/bin/sh -c '. /opt/tide/env; exec tidemond'`, 0),
  lone('a watcher', '/usr/bin/watchexec -r -- tidemond', 2),
  lone('a watching Node', '/usr/bin/node --watch tide.js', 2),
  lone('Node itself', '/usr/bin/node tide.js --watch', 2),
  lone('a task of Deno', '/usr/bin/deno task start', 2),
  lone('a script of Bun', '/usr/bin/bun run start', 2),
  lone('a program of Bun', '/usr/bin/bun tide.ts', 0),
  lone('.NET from sources', '/usr/bin/dotnet run --project tide', 2),
  lone('.NET as it is built', '/usr/bin/dotnet /opt/tide/tide.dll', 0),
  lone('secrets first', '/usr/bin/doppler run -- tidemond', 2),
  lone('a wrapper that nobody knows', '/opt/tide/bin/wrapper --fast -- /opt/tide/bin/tidemond', 2),
  lone('dashes before operands are no wrapper', '/usr/bin/tidemond -- one two', 0),
];

export const ignoranceUnits: Row[] = [...stops, ...starts];

const compose = (kind: string, entrypoint: string, code: 0 | 1 | 2): Row =>
  row(
    kind,
    `services:\n  tide:\n    image: tide:1\n    entrypoint: ${entrypoint}\n    stop_grace_period: 60s\n`,
    code,
  );

export const ignoranceCompose: Row[] = [
  compose('the init of s6-overlay', '["/init"]', 2),
  compose("phusion's init", '["/sbin/my_init", "--", "tidemond"]', 2),
  compose('systemd as process 1', '["/lib/systemd/systemd"]', 2),
  compose('dockerize', '["dockerize", "-wait", "tcp://db:5432", "tidemond"]', 2),
  compose('wait-for-it', '["/wait-for-it", "db:5432", "--", "tidemond"]', 2),
];

export const ignoranceSupervisord: Row[] = [
  row('a command from the environment', '[program:tide]\ncommand=%(ENV_CMD)s\nstopwaitsecs=60\n', 2),
];
