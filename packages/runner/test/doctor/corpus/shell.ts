import { clean, early, orphaned, row, untold, type Row } from './rows.ts';

const quoted = (script: string): string =>
  JSON.stringify(script.replaceAll('$', '$$$$')).replaceAll('\\n', '\\n');

/** Under a supervisor that tells only the main process; `sh` is bash here, so that one answer is right. */
const script = (kind: string, text: string, code: 0 | 1 | 2, service?: string, verdict?: string): Row =>
  row(kind, `[Service]\nKillMode=process\nExecStart=/bin/bash -c ${quoted(text)}\n`, code, service, verdict);

const execs: Row[] = [
  script('a lone command', 'tidemond -f', 0, 'tidemond'),
  script('exec', 'exec tidemond', 0, 'tidemond'),
  script('exec with a name and a clean environment', 'exec -c -a tide tidemond', 0, 'tidemond'),
  script('an assignment behind exec, which no shell reads as one', 'exec A=1 tidemond', 2),
  script('exec of env with an assignment', 'exec env A=1 tidemond', 0, 'tidemond'),
  script('assignments before exec', 'A=1 B="x y" exec tidemond', 0, 'tidemond'),
  script('redirections of exec alone', 'exec >> /var/log/t 2>&1; exec tidemond', 0, 'tidemond'),
  script('process substitution', 'exec tidemond > >(tee -a log) 2> >(logger)', 0, 'tidemond'),
  script(
    'if with exec on both paths',
    'if test -f a; then exec tidemond --a; else exec tidemond --b; fi',
    0,
    'tidemond',
  ),
  script(
    'if with exec on one path, nothing on the other',
    'if test -f a; then exec tidemond; fi',
    0,
    'tidemond',
  ),
  script(
    'if with exec on one path only',
    'if test -f a; then exec tidemond; fi; tidemond --slow; true',
    1,
    'tidemond',
    orphaned,
  ),
  script('elif', 'if [ a ]; then exec one; elif [ b ]; then exec two; else exit 1; fi', 0, 'one'),
  script(
    'case',
    'case $M in a|b) exec tidemond --a ;; (c) exec tidemond --c ;; *) exit 1 ;; esac',
    0,
    'tidemond',
  ),
  script(
    'case with a parent on one path',
    'case $M in a) exec tidemond ;; *) tidemond; true ;; esac',
    1,
    'tidemond',
    orphaned,
  ),
  script('a function that execs', 'run() { exec tidemond "$@"; }; run -f', 0, 'tidemond'),
  script('a function with the keyword', 'function run { local a=1; exec tidemond; }; run', 0, 'tidemond'),
  script('braces', '{ cd /srv; exec tidemond; }', 0, 'tidemond'),
  script('&& before exec', 'mkdir -p /run/t && cd /run/t && exec tidemond', 0, 'tidemond'),
  script('exec or exit', 'cd /srv || exit 1; exec tidemond || exit 1', 0, 'tidemond'),
  script('a loop that waits for another', 'until nc -z db 5; do sleep 1; done; exec tidemond', 0, 'tidemond'),
  script(
    'a loop over files',
    'for f in /etc/tide.d/*; do [ -r "$f" ] && . "$f"; done; exec tidemond',
    0,
    'tidemond',
  ),
  script(
    'a here-document that looks like code',
    'cat > c <<EOF\nfi; done; esac ( " \nEOF\nexec tidemond',
    0,
    'tidemond',
  ),
  script('a here-document with tabs', 'cat <<-"END"\n\t$( unclosed\n\tEND\nexec tidemond', 0, 'tidemond'),
  script('command substitution with a pipe', 'exec tidemond --id $(hostname | cut -d. -f1)', 0, 'tidemond'),
  script('nested substitution and quotes', 'exec tidemond "$(echo "$(cat \'a b\')" )" `date`', 0, 'tidemond'),
  script('a variable that is set before', 'D=/srv/tide; exec $D/bin/tidemond', 0, 'tidemond'),
  script('a default for a variable', 'exec ${D:-/srv/tide}/bin/tidemond', 0, 'tidemond'),
  script('a variable that is set nowhere', 'exec $DAEMON -f', 2),
  script('eval', 'eval "exec tidemond $ARGS"', 0, 'tidemond'),
  script('set --', 'set -- tidemond -f; exec "$@"', 0, 'tidemond'),
  script('set -e, ulimit, umask', 'set -eu; ulimit -n 9; umask 027; exec tidemond', 0, 'tidemond'),
  script(
    'arithmetic and tests',
    'if (( 1 + 2 > 2 )) && [[ -f a && b == c* ]]; then exec tidemond; fi',
    0,
    'tidemond',
  ),
  script('an array', 'A=(one "two three" $(x)); exec tidemond "${A[@]}"', 0, 'tidemond'),
  script('a here-string', 'read a <<< "$(id -u)"; exec tidemond', 0, 'tidemond'),
  script(
    'a dollar before a closing quote',
    'grep -q "^a$" f && grep "$x.$$" f; exec tidemond',
    0,
    'tidemond',
  ),
  script('case within a substitution', 'A=$(case x in a) b;; c|d) e;; esac); exec tidemond', 0, 'tidemond'),
  script('an array of declare', 'declare -A A=([a]=1 [b]=2); exec tidemond', 0, 'tidemond'),
  script('an eval that is not understood', 'eval "exec $(echo tidemond)"; exec tidemond', 2),
  script('more tests than one may follow', `${'[ a ] && '.repeat(40)}exec tidemond`, 0, 'tidemond'),
  script('comments with quotes', "# it's a trap\nexec tidemond # don't", 0, 'tidemond'),
];

const parents: Row[] = [
  script('something behind it', 'tidemond; echo ended', 1, 'tidemond', orphaned),
  script('something before it', 'cd /srv; tidemond', 1, 'tidemond', orphaned),
  script('a pipe', 'tidemond 2>&1 | tee log', 1, 'tidemond', orphaned),
  script('exec in a pipe', 'exec tidemond | logger', 1, 'tidemond', orphaned),
  script('exec in brackets', '(cd /srv; exec tidemond); true', 1, 'tidemond', orphaned),
  script('a restart loop', 'while true; do tidemond; sleep 1; done', 1, 'tidemond', orphaned),
  script('a restart loop by its question', 'until tidemond; do sleep 1; done', 1, 'tidemond', orphaned),
  script('background, and the shell leaves', 'tidemond &', 1, 'tidemond', orphaned),
  script('background and wait', 'tidemond & wait', 1, 'tidemond', orphaned),
  script('background and wait for its number', 'tidemond & P=$!; wait $P', 1, 'tidemond', orphaned),
  script('a trap that only exits', 'trap "exit 0" TERM; tidemond & wait', 1, 'tidemond', orphaned),
  script('a trap behind a foreground command', 'trap "kill $P" TERM; tidemond; true', 1, 'tidemond', untold),
  script('TERM is ignored', 'trap "" TERM; tidemond; true', 1, 'tidemond', untold),
  script(
    'kept from ending by tail',
    'trap "kill $P" TERM; tidemond & P=$!; tail -f /dev/null',
    1,
    'tidemond',
    untold,
  ),
  script(
    'a trap that tells and waits',
    'trap "kill -TERM $P; wait $P" TERM INT; tidemond & P=$!; wait $P',
    0,
    'tidemond',
  ),
  script(
    'a trap by a function',
    'stop() { kill $P; wait $P; }; trap stop TERM; tidemond & P=$!; wait',
    0,
    'tidemond',
  ),
  script(
    'a trap and a second wait',
    'trap "kill $P" TERM; tidemond & P=$!; wait $P; trap - TERM; wait $P',
    0,
    'tidemond',
  ),
  script('a trap that tells and leaves', 'trap "kill $P" TERM; tidemond & P=$!; wait $P', 0, 'tidemond'),
  script(
    'a trap of EXIT, which bash runs',
    'trap "kill $P; wait" EXIT; tidemond & P=$!; wait',
    0,
    'tidemond',
  ),
  script('a trap with something of its own', 'trap "tidectl stop" TERM; tidemond & wait', 2, 'tidemond'),
  script('a trap that kills', 'trap "kill -9 $P" TERM; tidemond & P=$!; wait $P', 1, 'tidemond', early),
  script(
    'a loop that is itself the service',
    'trap exit TERM; while :; do tidectl renew; sleep 12h & wait $!; done',
    0,
    undefined,
    clean,
  ),
  script('what is not closed', 'exec "tidemond', 2),
  script('what ends too early', 'if true; then tidemond', 2),
];

export const shellRows: readonly Row[] = [...execs, ...parents];
