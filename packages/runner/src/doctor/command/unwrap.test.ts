import { expect, test } from 'vitest';
import type { ShellFlavour } from '../verdict/hop.ts';
import { splitWords } from '../shell/words.ts';
import { unwrap } from './unwrap.ts';

function shown(line: string, sh: ShellFlavour): string {
  const { hops, service } = unwrap(splitWords(line), sh);
  return [...hops.map(({ name, onTerm }) => `${name}:${onTerm}`), service.join(' ')].join(' > ');
}

// [the command, what it is to bash, what it is to dash when that differs]
test.each([
  ['svc --port 1', 'svc --port 1'],
  [
    'su -s /bin/sh - kafka -c "svc a"',
    'su:passes-then-kills > sh -c:replaces > svc a',
    'su:passes-then-kills > sh -c:dies-alone > svc a',
  ],
  ['su kafka -s /bin/bash -c "svc a"', 'su:passes-then-kills > bash -c:replaces > svc a'],
  ['su - kafka --session-command="exec svc"', 'su:passes-then-kills > sh -c:replaces > svc'],
  ['runuser -u kafka -- svc -u x', 'runuser:passes-then-kills > svc -u x'],
  ['/sbin/runuser -s /bin/dash kafka -c svc', 'runuser:passes-then-kills > dash -c:dies-alone > svc'],
  ['sudo -u kafka -E A=1 svc -b', 'sudo:passes > svc -b'],
  ['sudo -b -u kafka svc', 'sudo -b:detaches > svc'],
  ['gosu kafka:kafka svc', 'gosu:replaces > svc'],
  ['chpst -u kafka -o 100 svc -v', 'chpst:replaces > svc -v'],
  ['setpriv --reuid=kafka --regid kafka --clear-groups svc', 'setpriv:replaces > svc'],
  ['tini -s -- gosu kafka svc', 'tini:passes > gosu:replaces > svc'],
  ['/usr/bin/dumb-init -c svc', 'dumb-init:passes > svc'],
  ['timeout -k 5 300 svc', 'timeout:passes-then-kills > svc'],
  ['flock /run/lock svc', 'flock:dies-alone > svc'],
  ['flock -F /run/lock svc', 'flock:replaces > svc'],
  ['env -u NODE_OPTIONS A=1 nice -n 5 svc', 'env:replaces > nice:replaces > svc'],
  ['setsid svc', 'setsid:detaches > svc'],
  [
    'start-stop-daemon --start --chuid kafka --exec /bin/svc -- -v',
    'start-stop-daemon:replaces > /bin/svc -v',
  ],
  ['start-stop-daemon -S -b -x /bin/svc', 'start-stop-daemon:detaches > /bin/svc'],
  [
    'kafka-server-start.sh -daemon s.properties',
    'kafka-server-start.sh:detaches > kafka-server-start.sh s.properties',
  ],
  [
    'env -u NODE_PATH node /opt/penstock-run.cjs --user kafka -- svc -- x',
    'env:replaces > penstock-run:replaces > svc -- x',
  ],
  ['npm start', 'npm:dies-alone > start'],
])('%s', (line, toBash, toDash = toBash) => {
  expect(shown(line, 'bash')).toBe(toBash);
  expect(shown(line, 'dash')).toBe(toDash);
});

test('the user it becomes is known, for the mend', () => {
  const userOf = (line: string) => unwrap(splitWords(line), 'bash').hops[0]?.user;
  expect(userOf('su -s /bin/sh - kafka -c svc')).toBe('kafka');
  expect(userOf('runuser -ukafka -- svc')).toBe('kafka');
  expect(userOf('setpriv --reuid=kafka svc')).toBe('kafka');
  expect(userOf('gosu kafka:data svc')).toBe('kafka');
});

test('an su whose command is not said is opaque, and never the service itself', () => {
  expect(unwrap(['su', '-', 'kafka'], 'bash').hops).toMatchObject([{ name: 'su', onTerm: 'opaque' }]);
});
