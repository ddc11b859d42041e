import { expect, test } from 'vitest';
import { readComposeFile } from './compose/compose.ts';
import { diagnose } from '../verdict/diagnose.ts';
import { goSpanMs } from './compose/go-span.ts';
import { systemdSpanMs } from './systemd/systemd-span.ts';
import { readSystemdUnit } from './systemd/systemd-unit.ts';
import { readUpstartJob } from './upstart.ts';

const unit = (lines: string) => readSystemdUnit('/etc/systemd/system/kafka.service', `[Service]\n${lines}`);
const verdicts = (situation: Parameters<typeof diagnose>[0]) =>
  diagnose(situation, 60_000).findings.map(({ verdict }) => verdict);

test('a unit that runs the service itself stops it in peace', () => {
  const situation = unit(
    'User=kafka\nExecStart=/opt/kafka/bin/kafka-server-start.sh s.properties\nTimeoutStopSec=5min',
  );
  expect(verdicts(situation)).toEqual(['clean']);
  expect(situation.supervisor).toMatchObject({ tells: 'everyone', killsAfterMs: 300_000 });
});

test.each([
  ['ExecStart=/bin/su kafka -c "exec svc"', ['killed early', 'note']],
  ['ExecStart=-@svc\nTimeoutStopSec=10', ['killed early']],
  ['ExecStart=sh -c "svc; true"', ['clean']],
  ['ExecStart=sh -c "svc; true"\nKillMode=mixed', ['never told']],
  ['ExecStart=sh -c "svc; true"\nKillMode=process', ['orphaned', 'note']],
  ['ExecStart=svc\nKillMode=none', ['never told', 'wrong']],
  ['ExecStart=kafka-server-start.sh -daemon x', ['killed early']],
  ['Type=forking\nExecStart=kafka-server-start.sh -daemon x', ['clean']],
  ['ExecStart=svc\nTimeoutStopSec=infinity', ['clean']],
  ['ExecStart=svc \\\n  --more\nSendSIGKILL=no\nTimeoutStopSec=1', ['clean']],
  ['ExecStart=svc\nSendSIGKILL=false\nTimeoutStopSec=1', ['clean']],
  ['ExecStart=svc\nTimeoutStopSec=1\nTimeoutStopSec=', ['killed early', 'note']],
  ['ExecStart=svc\nTimeoutStopSec=90\nTimeoutSec=1', ['killed early']],
  ['ExecStart=svc\nTimeoutSec=1\nTimeoutStopSec=90', ['clean']],
  ['ExecStart=svc\nKillSignal=SIGKILL', ['killed early']],
  ['ExecStart=svc\nKillSignal=9', ['killed early']],
  ['ExecStart=svc\nExecStop=/bin/kill -9 $MAINPID', ['killed early']],
  ['ExecStart=svc\nExecStop=/bin/kill -s TERM $MAINPID', ['clean', 'note']],
  ['ExecStart=env \\\n# why\n  su kafka -c "exec svc"', ['killed early', 'note']],
])('unit %j: %j', (lines, expected) => {
  expect(verdicts(unit(lines))).toEqual(expected);
});

test('a compose file with anchors, merges, defaults and both forms of a command', async () => {
  const situations = await readComposeFile(
    'compose.yaml',
    `
x-service: &service
  init: true
  stop_grace_period: \${GRACE:-1m30s}
services:
  good:
    <<: *service
    entrypoint: [gosu, kafka, svc]
  hasty:
    entrypoint: svc --port 1
  shell:
    entrypoint: [sh, -c, "svc; true"]
    stop_grace_period: 60s
  inherited:
    image: apache/kafka:4.2.1
    stop_grace_period: 60s
  powerless:
    <<: *service
    entrypoint: [gosu, kafka, svc]
    cap_drop: [ALL]
    cap_add: [SETUID, SETGID]
  murdered:
    <<: *service
    entrypoint: svc
    stop_signal: 9
  elsewhere:
    <<: *service
    entrypoint: svc
    stop_grace_period: \${GRACE}
`,
  );
  const read = situations.map((situation) => [situation.subject, ...verdicts(situation)]);
  expect(read).toEqual([
    ['compose.yaml: good', 'clean'],
    ['compose.yaml: hasty', 'killed early', 'note'],
    ['compose.yaml: shell', 'never told', 'note'],
    ['compose.yaml: inherited', 'unknown'],
    ['compose.yaml: powerless', 'note', 'wrong'],
    ['compose.yaml: murdered', 'killed early'],
    ['compose.yaml: elsewhere', 'note', 'unknown'],
  ]);
  expect(situations[0]?.supervisor.killsAfterMs).toBe(90_000);
  expect(situations[1]?.supervisor.killsAfterMs).toBe(10_000);
});

test('an Upstart job: kill timeout, script, expect', () => {
  const job = (text: string) => readUpstartJob('/etc/init/svc.conf', text);
  expect(job('exec svc').supervisor.killsAfterMs).toBe(5_000);
  expect(verdicts(job('exec svc\nkill timeout 300'))).toEqual(['clean']);
  expect(verdicts(job('kill timeout 300\nscript\n  cd /opt\n  exec svc\nend script'))).toEqual(['clean']);
  expect(verdicts(job('kill timeout 300\nexpect fork\nexec su kafka -s /bin/bash -c svc'))).toEqual([
    'clean',
  ]);
  expect(job('exec svc > log 2>&1').chains[0]?.chain.service).toEqual(['svc']);
  expect(verdicts(job('exec svc\nkill timeout 300\nkill signal SIGKILL'))).toEqual(['killed early']);
  expect(() => job('exec svc\nkill timeout long')).toThrow('no number of seconds');
  expect(() => job('script\n exec svc')).toThrow('without "end script"');
  expect(() => job('start on runlevel 3')).toThrow('neither exec nor script');
});

test('the mend helps: who is hasty is made patient, and who kills in between is taken out', () => {
  const mendOf = (lines: string) => diagnose(unit(lines), 60_000).findings[0]?.mend;
  expect(mendOf('ExecStart=svc\nTimeoutStopSec=1')).toBe('TimeoutStopSec=60');
  expect(mendOf('ExecStart=su kafka -c "exec svc"')).toBe('ExecStart=penstock-run --user kafka -- svc');
  expect(mendOf('ExecStart=su kafka -c "exec svc"\nTimeoutStopSec=1')).toBe(
    'ExecStart=penstock-run --user kafka -- svc, and TimeoutStopSec=60',
  );
});

test('the Runner itself is followed, behind the flags of its Node too', () => {
  const { chain } = unit(
    'ExecStart=env -u NODE_PATH node --no-warnings /opt/penstock-run.cjs --user kafka -- svc',
  ).chains[0]!;
  expect(chain).toMatchObject({
    service: ['svc'],
    hops: [{ name: 'env' }, { name: 'penstock-run', user: 'kafka' }],
  });
});

test('spans of time as systemd and compose write them', () => {
  expect(['90', '1min 30s', '2h', '500ms', '0', 'infinity'].map(systemdSpanMs)).toEqual([
    ...[90_000, 90_000, 7_200_000, 500, 0, Infinity],
  ]);
  expect(['10s', '1m30s', '1.5h'].map(goSpanMs)).toEqual([10_000, 90_000, 5_400_000]);
  for (const wrong of ['', 'soon', '10', '10 s']) expect(goSpanMs(wrong)).toBeUndefined();
  for (const wrong of ['', 'soon', '-5', '5 parsecs']) expect(systemdSpanMs(wrong)).toBeUndefined();
});
