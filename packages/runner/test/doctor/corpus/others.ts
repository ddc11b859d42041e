import { early, row, type Row } from './rows.ts';

export const supervisordRows: readonly Row[] = [
  row('ten seconds by default', '[program:tide]\ncommand=/usr/bin/tidemond', 1, 'tidemond'),
  row(
    'patient',
    '[supervisord]\nnodaemon=true\n[program:tide]\ncommand=tidemond ; a comment\nstopwaitsecs = 60',
    0,
    'tidemond',
  ),
  row(
    'a shell',
    '[program:tide]\ncommand=bash -c "cd /srv; tidemond"\nstopwaitsecs=60',
    1,
    'tidemond',
    'orphaned',
  ),
  row(
    'a shell with stopasgroup',
    '[program:tide]\ncommand=bash -c "cd /srv; tidemond"\nstopwaitsecs=60\nstopasgroup=true',
    0,
    'tidemond',
  ),
  row('su', '[program:tide]\ncommand=su tide -c "exec tidemond"\nstopwaitsecs=60', 1, 'tidemond'),
  row('KILL as its signal', '[program:tide]\ncommand=tidemond\nstopsignal=KILL\nstopwaitsecs=60', 1),
  row(
    'killasgroup alone',
    '[program:tide]\ncommand=bash -c "tidemond; true"\nkillasgroup=true\nstopwaitsecs=60',
    1,
    'tidemond',
    'orphaned',
  ),
  row(
    'a script that is not here',
    '[program:tide]\ncommand=bin/start.sh\nkillasgroup=true\nstopwaitsecs=60',
    2,
  ),
  row('other files', '[include]\nfiles = /etc/supervisor/conf.d/*.conf', 2),
];

const sysv = (stop: string, start = 'start-stop-daemon --start --exec /usr/bin/tidemond'): string =>
  `#!/bin/sh\n### BEGIN INIT INFO\n# Provides: tide\n### END INIT INFO\nPID=/run/tide.pid\n` +
  `case "$1" in\n  start)\n    ${start}\n    ;;\n` +
  `  stop)\n    ${stop}\n    ;;\n  *) echo "Usage"; exit 1 ;;\nesac\n`;

export const initRows: readonly Row[] = [
  row('five seconds', sysv('start-stop-daemon --stop --retry 5 --pidfile $PID'), 1, 'tidemond'),
  row('patient', sysv('start-stop-daemon --stop --retry TERM/90/KILL/5 --pidfile $PID'), 0, 'tidemond'),
  row('only told', sysv('start-stop-daemon --stop --pidfile $PID'), 0, 'tidemond'),
  row('a schedule of a variable', sysv('start-stop-daemon --stop --retry=$RETRY --pidfile $PID'), 2),
  row('kill -9', sysv('kill -9 `cat $PID`'), 1, 'tidemond'),
  row('TERM, then KILL', sysv('kill $(cat $PID); sleep 3; kill -KILL $(cat $PID)'), 1, 'tidemond'),
  row(
    'TERM, a loop that counts down, then KILL',
    sysv(
      'kill $(cat $PID)\n    N=60\n    while kill -0 $(cat $PID); do\n      ' +
        '[ $N = 0 ] && kill -KILL $(cat $PID)\n      N=$((N - 1)); sleep 1\n    done',
    ),
    2,
    'tidemond',
  ),
  row(
    'TERM, and a function that waits',
    '#!/bin/sh\nended() {\n  for i in 1 2 3; do\n    running || return 0\n' +
      '    sleep 30\n  done\n  return 1\n}\n' +
      'case $1 in start) daemon tidemond;; stop) killall tidemond; ended || killall -9 tidemond;; esac\n',
    2,
    'tidemond',
  ),
  row(
    'a loop that only waits',
    sysv('kill $(cat $PID)\n    until [ ! -e $PID ]; do sleep 1; done'),
    0,
    'tidemond',
  ),
  row(
    "Red Hat's killproc",
    sysv('. /etc/init.d/functions; killproc -p $PID tidemond', 'daemon --user tide tidemond'),
    1,
    'tidemond',
    early,
  ),
  row(
    "Red Hat's killproc, patient",
    sysv('killproc -d 60 -p $PID tidemond', 'daemon --user tide tidemond'),
    0,
    'tidemond',
  ),
  row('a stop of its own', sysv('/usr/bin/tidectl down'), 2),
  row(
    'functions',
    `#!/bin/sh\ndo_stop() {\n  start-stop-daemon -K -R 60 -p x\n}\ndo_start() {\n` +
      `  start-stop-daemon -S -x /usr/bin/tidemond\n}\ncase $1 in start) do_start;; ` +
      `stop) do_stop;; esac\n`,
    0,
    'tidemond',
  ),
  row(
    'OpenRC',
    '#!/sbin/openrc-run\ncommand=/usr/bin/tidemond\ncommand_background=true\npidfile=/run/t\n',
    0,
    'tidemond',
  ),
  row(
    'OpenRC with a schedule',
    '#!/sbin/openrc-run\ncommand=/usr/bin/tidemond\nretry="TERM/5/KILL/5"\n',
    1,
    'tidemond',
  ),
  row(
    'OpenRC with KILL as its signal',
    '#!/sbin/openrc-run\ncommand=/usr/bin/tidemond\nstopsig=SIGKILL\n',
    1,
    'tidemond',
  ),
  row(
    'OpenRC with a supervisor',
    '#!/sbin/openrc-run\nsupervisor=supervise-daemon\ncommand=/usr/bin/tidemond\n',
    2,
    'tidemond',
  ),
];

export const runRows: readonly Row[] = [
  row('exec', '#!/bin/sh -e\nexec 2>&1\nexec chpst -u tide tidemond', 0, 'tidemond'),
  row('no exec', '#!/bin/bash\ncd /srv\ntidemond --fg', 1, 'tidemond', 'orphaned'),
  row('with-contenv and no exec', '#!/command/with-contenv bash\ntidemond', 1, 'tidemond', 'orphaned'),
  row(
    'with-contenv and s6-setuidgid',
    '#!/usr/bin/with-contenv sh\nexec s6-setuidgid tide tidemond',
    0,
    'tidemond',
  ),
  row('execline', '#!/command/execlineb -P\ntidemond', 2),
  row('a program behind &', '#!/bin/sh\ntidemond &\nwait', 1, 'tidemond', 'orphaned'),
];
