import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { readProcessStat } from '../src/process-status.ts';
import { has, isRoot, runRunner, temporaryFolder, writeScript } from './start-runner.ts';

const job = new URL('doctor/kafka.conf', import.meta.url).pathname;

test('the job of the incident: its murderer is named, and what only looks like a cure', () => {
  const { code, out } = runRunner(['doctor', '--upstart', job, '--needs', '300']);
  expect(code).toBe(1);
  expect(out).toContain("Upstart's job kafka sends TERM to its main process's group, and KILL after 300 s");
  expect(out).toMatch(/KILLED EARLY .*bash \(Red Hat, CentOS\): su is supervised, not kafka-server-start.sh/);
  expect(out).toMatch(/su sends KILL 2 s after TERM, whatever the 300 s of Upstart's job kafka say/);
  expect(out).toMatch(/ORPHANED .*dash \(Debian, Ubuntu\)/);
  expect(out).toMatch(/WRONG .*no "expect fork"/);
  expect(out).toMatch(/NOTE .*"setuid" exists from Upstart 1\.4 on/);
  expect(out).toMatch(/SYMPTOM .*"post-stop exec sleep 11".*ZooKeeper's registration/);
  expect(out).toMatch(/SYMPTOM .*"respawn" \(limit 3 30\)/);
  expect(out).toContain(
    'mend: exec penstock-run --user kafka -- /opt/kafka/bin/kafka-server-start.sh ' +
      '/opt/kafka/config/server.properties',
  );
});

test('the same for programs: --json', () => {
  const { code, out } = runRunner(['doctor', '--upstart', job, '--needs', '300', '--json']);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({
    ill: true,
    diagnoses: [
      {
        between: ['(exec)', 'su', '(sh -c)'],
        findings: [{ verdict: 'killed early' }, { verdict: 'orphaned' }, {}, {}, {}, {}],
      },
    ],
  });
});

test.each([
  [['doctor'], 'name one of --pid'],
  [['doctor', '--pid', '1', '--unit', 'x'], 'name one of --pid'],
  [['doctor', '--pid', '0'], 'a process id is expected'],
  [['doctor', '--pid', '4194999'], 'there is no such thing'],
  [['doctor', '--unit', '/nonexistent'], '/nonexistent: there is no such thing'],
  [['doctor', '--compose', job], 'kafka.conf'],
  [['doctor', '--upstart', job, '--needs', 'long'], 'whole seconds are expected'],
  [['doctor', '--foo'], "'--foo'"],
])('%j is answered with 125 and what is missing', (args, reason) => {
  const { code, out, err } = runRunner(args);
  expect([code, out]).toEqual([125, '']);
  expect(err).toContain(reason);
});

test('a start script that is here and never says exec is told of', () => {
  const script = writeScript(join(temporaryFolder(), 'start.sh'), '#!/bin/sh\nsvc --port 1\n');
  const unit = writeScript(join(temporaryFolder(), 'svc.service'), `[Service]\nExecStart=${script}\n`);
  expect(runRunner(['doctor', '--unit', unit]).out).toMatch(
    /NOTE .*start\.sh is a shell script that never says exec/,
  );
});

test("Upstart's override beside the job is read: its stanzas count", () => {
  const folder = temporaryFolder();
  const path = writeScript(join(folder, 'tide.conf'), 'kill timeout 60\nexec tidemond\n');
  expect(runRunner(['doctor', '--upstart', path]).code).toBe(0);
  writeScript(join(folder, 'tide.override'), 'kill timeout 2\n');
  expect(runRunner(['doctor', '--upstart', path])).toMatchObject({
    code: 1,
    out: expect.stringContaining('KILL after 2 s'),
  });
});

test('a script whose #! line starts something before the shell', () => {
  const folder = temporaryFolder();
  const started = (header: string) => {
    const path = writeScript(join(folder, 'start.sh'), `${header}\ncrond &\ntidemond\n`);
    const lines = `[Service]\nKillMode=mixed\nTimeoutStopSec=60\nExecStart=${path}\n`;
    const unit = writeScript(join(folder, 'tide.service'), lines);
    return runRunner(['doctor', '--unit', unit]);
  };
  const between = /between +(.*)/;
  // dumb-init signals the whole group; tini only its child, the shell, which ends alone.
  for (const header of ['#!/usr/bin/dumb-init /bin/sh', '#!/usr/bin/env -S dumb-init -v bash']) {
    const { code, out } = started(header);
    expect([code, between.exec(out)?.[1]]).toEqual([0, 'dumb-init, start.sh']);
  }
  expect(started('#!/usr/bin/env -S A=1 tini -- sh')).toMatchObject({ code: 1 });
  expect(started('#!/bin/busybox sh')).toMatchObject({ code: 1 });
  expect(started('#!/opt/own/wrapper /bin/sh')).toMatchObject({ code: 2 });
});

// Perl, since a shell would not tell a signal before its child ends.
const service = ['/usr/bin/perl', '-e', '$SIG{TERM} = sub { exit }; $| = 1; print "$$\n"; sleep 1 while 1'];
const script = `${service[0]} -e '$SIG{TERM} = sub { exit }; $| = 1; print "$$\\n"; sleep 1 while 1'`;
const hasPerl = has('/usr/bin/perl');

async function examine(command: readonly string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
  const pid = await new Promise<number>((resolve, reject) => {
    child.stdout.once('data', (line: Buffer) => resolve(Number(String(line))));
    child.once('close', () => reject(new Error(`${command[0]} ended`)));
  });
  onTestFinished(async () => {
    process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    while (isThere(pid)) await sleep(20);
  });
  return runRunner(['doctor', '--pid', String(pid)], { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
}

function isKernelThread(pid: number): boolean {
  return readProcessStat(pid)?.kernel ?? false;
}

function isThere(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/status`, 'utf8').includes('State:\tZ');
  } catch {
    return false;
  }
}

test.skipIf(!hasPerl)('a living service that its supervisor holds is in peace (needs perl)', async () => {
  const { code, out } = await examine(service);
  expect(out).toMatch(/CLEAN .*perl is the supervised process/);
  expect(code).toBe(0);
});

test.skipIf(!hasPerl)('a living service behind a shell would be orphaned (needs perl)', async () => {
  const { code, out } = await examine(['/bin/sh', '-c', `${script}; true`]);
  expect(out).toMatch(/ORPHANED .*sh -c \[\d+\] is supervised, not perl|ORPHANED .*dash -c \[\d+\]/);
  expect(code).toBe(1);
});

test.skipIf(!hasPerl)(
  'a process that has ended is no service, and is no stack trace either (needs perl)',
  async () => {
    const child = spawn(
      '/usr/bin/perl',
      ['-e', '$| = 1; my $pid = fork; exit unless $pid; print "$pid\\n"; sleep 60'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    const ended = await new Promise<number>((resolve) => {
      child.stdout.once('data', (line: Buffer) => resolve(Number(String(line))));
    });
    while (isThere(ended)) await sleep(20);
    const { code, out, err } = runRunner(['doctor', '--pid', String(ended)]);
    expect({ code, out, err }).toEqual({ code: 125, out: '', err: expect.stringContaining('it has ended') });
  },
);

test.skipIf(!isKernelThread(2))('a thread of the kernel is no service (needs to see one)', () => {
  const { code, err } = runRunner(['doctor', '--pid', '2']);
  expect({ code, err }).toEqual({ code: 125, err: expect.stringContaining('thread of the kernel') });
});

test.skipIf(!isRoot)("another user's process is no stack trace (needs root)", () => {
  const { code, err } = runRunner(['doctor', '--pid', String(process.pid)], { uid: 65534, gid: 65534 });
  expect([0, 1]).toContain(code);
  expect(err).toBe('');
});

test.skipIf(!hasPerl)('a living service that ignores TERM is told so (needs perl)', async () => {
  const { code, out } = await examine([
    '/bin/sh',
    '-c',
    `trap '' TERM; exec /usr/bin/perl -e '$| = 1; print "$$\\n"; sleep 1 while 1'`,
  ]);
  expect(out).toMatch(/WRONG .*perl \[\d+\] itself ignores TERM/);
  expect(out).not.toContain('CLEAN');
  expect(code).toBe(1);
});

test.skipIf(!isRoot || !hasPerl)(
  'a living service behind su would be killed after 2 s (needs root and perl)',
  async () => {
    const { code, out } = await examine(['/bin/su', '-s', '/bin/sh', 'nobody', '-c', `exec ${script}`]);
    expect(out).toMatch(/KILLED EARLY .*su \[\d+\] sends KILL 2 s after TERM/);
    expect(out).toContain('mend: penstock-run --user nobody -- /usr/bin/perl');
    expect(code).toBe(1);
  },
);
