import { untold, type Row } from './rows.ts';
import { unit } from './systemd.ts';

/** Stop signals, types of units and stop commands that were once called clean. */
export const signalRows: readonly Row[] = [
  unit(
    'a stop signal that asks nothing',
    'ExecStart=tidemond\nKillSignal=SIGCONT\nTimeoutStopSec=60',
    1,
    'tidemond',
    untold,
  ),
  unit(
    'a stop signal that freezes',
    'ExecStart=tidemond\nKillSignal=STOP\nTimeoutStopSec=60',
    1,
    'tidemond',
    untold,
  ),
  unit(
    'Type=forking and Java in front',
    'Type=forking\nExecStart=/usr/bin/java -jar tide.jar\nTimeoutStopSec=60',
    1,
    'java',
    'wrong',
  ),
  unit(
    'Type=forking and a shell that starts node in front',
    'Type=forking\nExecStart=sh -c "cd /srv; node tide.js; true"\nTimeoutStopSec=60',
    1,
    'node',
    'wrong',
  ),
  unit(
    'Type=forking and Java in the background',
    'Type=forking\nExecStart=sh -c "nohup java -jar tide.jar &"\nTimeoutStopSec=60',
    0,
    'java',
  ),
  unit(
    'INT for a service behind &',
    'ExecStart=sh -c "tidemond & wait"\nKillSignal=SIGINT\nTimeoutStopSec=60',
    1,
    'tidemond',
    untold,
  ),
  unit(
    'KILL at a restart',
    'ExecStart=tidemond\nRestartKillSignal=SIGKILL\nTimeoutStopSec=60',
    1,
    'tidemond',
    'wrong',
  ),
  unit(
    'a core dump in place of KILL',
    'ExecStart=tidemond\nFinalKillSignal=SIGABRT\nTimeoutStopSec=5',
    1,
    'tidemond',
  ),
  unit(
    "the Runner's stop, which kills",
    'ExecStart=tidemond\nTimeoutStopSec=60\n' +
      'ExecStop=node /opt/penstock-run.cjs stop --pid-file /run/t --kill-after 5',
    1,
    'tidemond',
  ),
  unit(
    "the Runner's stop, which waits",
    'ExecStart=tidemond\nTimeoutStopSec=60\nExecStop=/opt/p/penstock-run stop --pid-file /run/t --timeout 50',
    0,
    'tidemond',
  ),
  unit(
    'a signal of a variable',
    'ExecStart=tidemond\nTimeoutStopSec=60\nExecStop=/bin/kill -${SIG} $MAINPID',
    2,
    'tidemond',
  ),
  unit(
    'an init script as ExecStop',
    'Type=forking\nExecStart=/usr/sbin/tidemond\nTimeoutStopSec=60\nExecStop=/etc/init.d/tide stop',
    2,
    'tidemond',
  ),
  unit('a daemon that leaves by itself', 'ExecStart=/usr/sbin/nginx', 2, 'nginx'),
  unit(
    'a daemon that leaves, and a type that waits for it',
    'Type=forking\nExecStart=/usr/sbin/nginx\nTimeoutStopSec=60',
    0,
    'nginx',
  ),
  unit('a daemon that is told to stay', 'ExecStart=/usr/sbin/sshd -D\nTimeoutStopSec=60', 0, 'sshd'),
  unit(
    'two commands, though it is no oneshot',
    'ExecStart=tidemond\nExecStart=reindex\nTimeoutStopSec=60',
    1,
    'reindex',
    'wrong',
  ),
];
