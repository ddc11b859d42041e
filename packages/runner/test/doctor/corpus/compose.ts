import { early, row, untold, type Row } from './rows.ts';

const file = (kind: string, text: string, code: 0 | 1 | 2, service?: string, verdict?: string): Row =>
  row(kind, text, code, service, verdict);
/** One service with a minute to stop. */
const tide = (kind: string, settings: string, code: 0 | 1 | 2, service?: string, verdict?: string): Row =>
  file(
    kind,
    `services:\n  tide:\n    image: tide:3\n    stop_grace_period: 60s\n    ${settings}\n`,
    code,
    service,
    verdict,
  );

/** One anchor, used so many times. */
function manyUses(count: number): string {
  const service = (index: number) => `  s${index}: {dns: *x, entrypoint: t, stop_grace_period: 1m}\n`;
  return `x: &x [1]\nservices:\n${Array.from({ length: count }, (_, index) => service(index)).join('')}`;
}

export const composeRows: readonly Row[] = [
  tide('an entrypoint', 'entrypoint: [tidemond, -f]', 0, 'tidemond'),
  tide('an entrypoint as a string', 'entrypoint: tidemond -f "a b"', 0, 'tidemond'),
  tide('the image alone', 'restart: always', 2),
  tide('a command behind the entrypoint of the image', 'command: [tidemond]', 2, 'tidemond'),
  tide('a shell as the command', 'command: sh -c "migrate; tidemond"', 1, undefined, untold),
  tide('a shell as the command that execs', 'command: sh -c "migrate && exec tidemond"', 2),
  tide('a shell as process 1', 'entrypoint: [bash, -c, "tidemond; true"]', 1, 'tidemond', untold),
  tide('a shell below tini', 'entrypoint: [tini, --, sh, -c, "migrate; tidemond"]', 1, 'tidemond', untold),
  tide('a shell below tini -g', 'entrypoint: [tini, -g, --, sh, -c, "migrate; tidemond"]', 0, 'tidemond'),
  tide('a shell below dumb-init', 'entrypoint: [dumb-init, sh, -c, "migrate; tidemond"]', 0, 'tidemond'),
  tide(
    'a shell below dumb-init -c',
    'entrypoint: [dumb-init, -c, sh, -c, "migrate; tidemond"]',
    1,
    'tidemond',
    untold,
  ),
  tide(
    'a shell below init: true',
    'init: true\n    entrypoint: sh -c "cd /x; tidemond"',
    1,
    'tidemond',
    untold,
  ),
  tide(
    'a loop with a trap',
    "entrypoint: /bin/sh -c 'trap exit TERM; while :; do sleep 6h & wait $$!; done'",
    0,
  ),
  tide(
    'a loop without a trap',
    "entrypoint: /bin/bash -c 'while :; do sleep 6h & wait $$!; done'",
    1,
    'bash',
    untold,
  ),
  tide(
    'a trap that leaves too soon',
    'entrypoint: bash -c "trap \'kill $$P\' TERM; tidemond & P=$$!; wait $$P"',
    1,
    'tidemond',
    early,
  ),
  tide(
    'a trap that waits',
    'entrypoint: bash -c "trap \'kill $$P; wait\' TERM; tidemond & P=$$!; wait $$P"',
    0,
    'tidemond',
  ),
  tide('a script of the image', 'entrypoint: [/docker-entrypoint.sh]\n    command: [tidemond]', 2),
  tide('gosu below init', 'init: true\n    entrypoint: [gosu, tide, tidemond]', 0, 'tidemond'),
  tide(
    'an init without KILL',
    'init: true\n    cap_drop: [ALL]\n    entrypoint: [gosu, tide, tidemond]',
    1,
    'tidemond',
    'wrong',
  ),
  tide('npm', 'entrypoint: npm start', 1, undefined, untold),
  tide('KILL as its signal', 'stop_signal: SIGKILL\n    entrypoint: tidemond', 1),
  tide('a signal that asks nothing', 'stop_signal: SIGCONT\n    entrypoint: tidemond', 1, 'tidemond', untold),
  tide('a core dump as its signal', 'stop_signal: SIGABRT\n    entrypoint: tidemond', 1),
  tide(
    'Java, which prints its threads at QUIT',
    'stop_signal: SIGQUIT\n    entrypoint: java -jar tide.jar',
    1,
    'java',
    untold,
  ),
  tide('an init that turns TERM into KILL', 'entrypoint: [dumb-init, -r, "15:9", tidemond]', 1, 'tidemond'),
  tide(
    'an init that swallows TERM',
    'entrypoint: [dumb-init, --rewrite=15:0, tidemond]',
    1,
    'tidemond',
    untold,
  ),
  tide(
    'an init that turns TERM into QUIT',
    'entrypoint: [dumb-init, --rewrite, "15:3", --, tidemond]',
    2,
    'tidemond',
  ),
  tide(
    'a lone command with its log as process 1',
    'entrypoint: [bash, -c, "tidemond > /var/log/tide"]',
    1,
    'tidemond',
    untold,
  ),
  tide('another signal', 'stop_signal: SIGQUIT\n    entrypoint: tidemond', 0),
  // Kinds of public reports.
  tide('an interpreter as process 1', 'entrypoint: [python3, -m, tide]', 2, 'python3'),
  tide('an interpreter below init', 'init: true\n    entrypoint: [node, tide.js]', 0, 'node'),
  tide(
    'the Runner as process 1',
    'entrypoint: [node, /srv/penstock-run.cjs, --user, "1:1", --, tidemond]',
    0,
    'tidemond',
  ),
  tide(
    'several daemons kept by tail',
    'entrypoint: bash -c "one & two & tail -f /dev/null"',
    1,
    'two',
    untold,
  ),
  tide(
    'a trap, and "$$@" in the foreground below dumb-init',
    'entrypoint: [dumb-init, --, bash, -c, \'trap bye TERM; "$$@"\', x, tidemond]',
    0,
    'tidemond',
  ),
  tide(
    'a trap, and "$$@" in the foreground below tini',
    'entrypoint: [tini, --, bash, -c, \'trap bye TERM; "$$@"\', x, tidemond]',
    1,
    'tidemond',
    untold,
  ),
  tide(
    'a trap that kills another name',
    'entrypoint: bash -c \'trap "pkill tidemond; wait" TERM; tidemond & wait\'',
    0,
    'tidemond',
  ),
  tide('supervisord', 'entrypoint: [supervisord, -n]', 2),
  tide('an entrypoint that is taken back', 'entrypoint: []\n    command: [tidemond]', 0, 'tidemond'),
  file('ten seconds by default', 'services:\n  a: {entrypoint: tidemond}\n', 1),
  file('ten seconds by default, in an image', 'services:\n  a: {image: x}\n', 1),
  file('a default', 'services:\n  a: {entrypoint: tidemond, stop_grace_period: "${G:-2m}"}\n', 0),
  file(
    'a default in a default',
    'services:\n  a: {entrypoint: tidemond, stop_grace_period: "${G:-${H-45s}}"}\n',
    0,
  ),
  file(
    'a default that is too short',
    'services:\n  a: {entrypoint: tidemond, stop_grace_period: "${G-3s}"}\n',
    1,
  ),
  file('no default', 'services:\n  a: {entrypoint: tidemond, stop_grace_period: $G}\n', 2),
  file('one that must be set', 'services:\n  a: {entrypoint: tidemond, stop_grace_period: "${G:?say}"}\n', 2),
  file(
    'no duration at all',
    'services:\n  a: {entrypoint: tidemond, stop_grace_period: later}\n',
    1,
    undefined,
    'wrong',
  ),
  file('a merge key', 'x: &x {stop_grace_period: 1m}\nservices:\n  a: {<<: *x, entrypoint: tidemond}\n', 0),
  file(
    'several merge keys',
    'x: &x {stop_grace_period: 1m}\ny: &y {init: true}\nservices:\n' +
      '  a: {<<: [*y, *x], entrypoint: tidemond}\n',
    0,
  ),
  file(
    'extends',
    'services:\n  b: {entrypoint: tidemond, stop_grace_period: 1m}\n  a: {extends: {service: b}}\n',
    0,
  ),
  file(
    'extends by name, overridden',
    'services:\n  b: {entrypoint: x, stop_grace_period: 1m}\n  a: {extends: b, stop_grace_period: 1s}\n',
    1,
  ),
  file(
    'extends of another file',
    'services:\n  a: {extends: {file: b.yml, service: b}, entrypoint: x, stop_grace_period: 1m}\n',
    2,
  ),
  file(
    'several documents',
    'services:\n  a: {entrypoint: x}\n---\nservices:\n  a: {stop_grace_period: 1m}\n',
    0,
  ),
  file('include', 'include: [other.yml]\nservices:\n  a: {entrypoint: x, stop_grace_period: 1m}\n', 2),
  file(
    'a setting that is reset',
    'services:\n  b: {entrypoint: x, stop_grace_period: 1m}\n' +
      '  a: {extends: b, stop_grace_period: !reset null}\n',
    1,
  ),
  file('many uses of one anchor', manyUses(150), 0),
];
