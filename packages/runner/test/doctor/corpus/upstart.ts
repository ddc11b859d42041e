import { orphaned, row, type Row } from './rows.ts';

const job = (kind: string, lines: string, code: 0 | 1 | 2, service?: string, verdict?: string): Row =>
  row(
    kind,
    `description "tide"\nstart on runlevel [2345]\nstop on runlevel [!2345]\n${lines}\n`,
    code,
    service,
    verdict,
  );

export const upstartRows: readonly Row[] = [
  job('five seconds by default', 'exec /usr/bin/tidemond', 1, 'tidemond'),
  job('patient', 'kill timeout 60\nexec /usr/bin/tidemond', 0, 'tidemond'),
  job(
    'a comment behind a number',
    'kill timeout 60 # for the indexes\nexec /usr/bin/tidemond',
    0,
    'tidemond',
  ),
  job(
    'a comment behind end script',
    'kill timeout 60\nscript\nexec tidemond\nend script # done',
    0,
    'tidemond',
  ),
  job('spaces within names', 'kill  timeout   60\nscript\nexec tidemond\n  end   script', 0, 'tidemond'),
  job('a hash within quotes', 'kill timeout 60\nenv A="b # c"\nexec tidemond', 0, 'tidemond'),
  job('joined lines', 'kill timeout 60\nexec tidemond \\\n  --more', 0, 'tidemond'),
  job(
    'events over lines',
    'kill timeout 60\nstart on (started a\n  and stopped b)\nexec tidemond',
    0,
    'tidemond',
  ),
  job('the last of two', 'kill timeout 1\nkill timeout 60\nexec tidemond', 0, 'tidemond'),
  job('redirections', 'kill timeout 60\nexec tidemond >> /var/log/t 2>&1', 0, 'tidemond'),
  job('KILL as its signal', 'kill timeout 60\nkill signal 9\nexec tidemond', 1, 'tidemond'),
  job('another signal', 'kill timeout 60\nkill signal INT\nexec tidemond', 0, 'tidemond'),
  job(
    'a script whose child is in the group',
    'kill timeout 60\nscript\n  . /etc/default/tide\n  tidemond $OPTS\nend script',
    0,
    'tidemond',
  ),
  job(
    'a script with a pipe',
    'kill timeout 60\nscript\n  tidemond | logger -t tide\nend script',
    0,
    'tidemond',
  ),
  job('a script with several jobs', 'kill timeout 60\nscript\n  one & two &\n  wait\nend script', 0, 'two'),
  job(
    'exec in if',
    'kill timeout 60\nscript\n  if [ "$R" = 1 ]; then\n    exec tidemond\n  fi\nend script',
    0,
    'tidemond',
  ),
  job(
    'exec in case',
    'kill timeout 60\nscript\n  case "$M" in\n    *) exec tidemond ;;\n  esac\nend script',
    0,
    'tidemond',
  ),
  job('su', 'kill timeout 60\nexec su -s /bin/bash -c "exec tidemond" tide', 1, 'tidemond'),
  job(
    'su of the article, in a script',
    'kill timeout 60\nscript\n  exec su - tide -c "tidemond -f"\nend script',
    1,
    'tidemond',
  ),
  job('su for root', 'kill timeout 60\nexec su root -c tidemond', 1, 'tidemond'),
  job('sudo', 'kill timeout 60\nexec sudo -u tide tidemond', 0, 'tidemond'),
  job(
    'start-stop-daemon',
    'kill timeout 60\nexec start-stop-daemon --start -c tide --exec /usr/bin/tidemond -- -f',
    0,
    'tidemond',
  ),
  job('setuid instead of su', 'kill timeout 60\nsetuid tide\nexec tidemond', 0, 'tidemond'),
  job('expect fork and a daemon', 'kill timeout 60\nexpect fork\nexec tidemond', 0, 'tidemond'),
  job(
    'the background without expect',
    'kill timeout 60\nscript\n  tidemond &\nend script',
    1,
    'tidemond',
    orphaned,
  ),
  job('docker run', 'kill timeout 60\nexec docker run --rm tide', 2),
  job('started before', 'pre-start exec /etc/init.d/tide start\npost-stop exec /etc/init.d/tide stop', 2),
  job('killed in pre-stop', 'kill timeout 60\npre-stop exec pkill -9 tidemond\nexec tidemond', 1, 'tidemond'),
  job('a variable as the program', 'kill timeout 60\nscript\n  exec $DAEMON\nend script', 2),
];
