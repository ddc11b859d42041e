import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asUser, has, isRoot, node, node24, runnerFile, writeScript } from './start-runner.ts';

/**
 * Who stands between a supervisor and a service, by experiment: a service that needs three seconds to stop
 * is started by each tool, TERM goes to the process that the supervisor holds, and both are watched. The
 * doctor's verdicts rest on this table.
 */
type Fate =
  | 'ends by itself' // got TERM and had its three seconds
  | 'killed' // got TERM, and KILL before it was done
  | 'orphan'; // was never told and runs on, while the supervisor starts a second one

interface Row {
  tool: string;
  command: (service: string) => string[];
  needs: boolean;
  samePid: boolean;
  fate: Fate;
  /** Seconds until the process that the supervisor holds is gone. */
  gone: number;
}

const stopsWithinSeconds = 3;
const as = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const spawns = `require('child_process').spawn(process.argv[1],process.argv.slice(2),{stdio:'inherit'})`;
const ours = (program: string | undefined) => (service: string) => [
  program ?? '',
  runnerFile,
  ...asUser,
  '--',
  ...service.split(' '),
];
const inNobodysShell = (...tool: string[]) => ({
  command: (service: string) => [...tool, service],
  needs: isRoot && has('/etc/passwd') && readFileSync('/etc/passwd', 'utf8').includes('\nnobody:'),
});

const clean = { fate: 'ends by itself', gone: stopsWithinSeconds } as const;
const table: Row[] = [
  { tool: 'penstock-run', command: ours(node), needs: true, samePid: true, ...clean },
  {
    tool: 'penstock-run on Node 24 (needs .cache/node24)',
    command: ours(node24),
    needs: node24 !== undefined,
    samePid: true,
    ...clean,
  },
  {
    tool: 'penstock-run of a shell that execs',
    command: (service) => [node, runnerFile, ...asUser, '--', 'sh', '-c', `exec ${service}`],
    needs: true,
    samePid: true,
    ...clean,
  },
  {
    tool: 'setpriv (needs root)',
    command: (service) => ['setpriv', ...as, ...service.split(' ')],
    needs: isRoot && has('/usr/bin/setpriv'),
    samePid: true,
    ...clean,
  },
  {
    tool: 'sh -c exec',
    command: (service) => ['/bin/sh', '-c', `exec ${service}`],
    needs: true,
    samePid: true,
    ...clean,
  },
  {
    tool: 'tini (needs tini)',
    command: (service) => ['tini', '-s', '--', ...service.split(' ')],
    needs: has('/usr/bin/tini'),
    samePid: false,
    ...clean,
  },
  {
    tool: 'sudo (needs root and sudo)',
    command: (service) => ['sudo', '-u', 'nobody', ...service.split(' ')],
    needs: isRoot && has('/usr/bin/sudo'),
    samePid: false,
    ...clean,
  },
  {
    tool: 'timeout -k',
    command: (service) => ['timeout', '-k', '2', '100', ...service.split(' ')],
    needs: has('/usr/bin/timeout'),
    samePid: false,
    fate: 'killed',
    gone: 2,
  },
  {
    tool: 'su with exec, as in the incident (needs root)',
    ...inNobodysShell('su', '-s', '/bin/sh', '-', 'nobody', '-c'),
    command: (service) => ['su', '-s', '/bin/sh', '-', 'nobody', '-c', `exec ${service}`],
    samePid: false,
    fate: 'killed',
    gone: 2,
  },
  {
    tool: 'runuser without a shell (needs root)',
    ...inNobodysShell(),
    command: (service) => ['runuser', '-u', 'nobody', '--', ...service.split(' ')],
    samePid: false,
    fate: 'killed',
    gone: 2,
  },
  {
    tool: 'su without exec, whose shell forks (needs root)',
    ...inNobodysShell('su', '-s', '/bin/dash', '-', 'nobody', '-c'),
    samePid: false,
    fate: 'orphan',
    gone: 2,
  },
  {
    tool: 'runuser with a shell (needs root)',
    ...inNobodysShell('runuser', '-s', '/bin/dash', 'nobody', '-c'),
    samePid: false,
    fate: 'orphan',
    gone: 2,
  },
  {
    tool: 'sh -c without exec',
    command: (service) => ['/bin/sh', '-c', `${service}; true`],
    needs: true,
    samePid: false,
    fate: 'orphan',
    gone: 0,
  },
  {
    tool: 'a Node program that spawns',
    command: (service) => [node, '-e', spawns, ...service.split(' ')],
    needs: true,
    samePid: false,
    fate: 'orphan',
    gone: 0,
  },
];

const serviceScript = `#!/bin/sh
trap 'echo TERM >>$1; sleep ${stopsWithinSeconds}; echo flushed >>$1; exit 0' TERM
echo $$ >$1
while :; do sleep 0.05; done
`;

interface Seen {
  samePid: boolean;
  fate: Fate;
  goneSeconds: number;
}

const folder = mkdtempSync(join(tmpdir(), 'penstock-table-'));
const seen = new Map<Row, Seen>();
beforeAll(async () => {
  chmodSync(folder, 0o777); // the services write here as nobody
  const service = writeScript(join(folder, 'service'), serviceScript);
  const rows = table.filter(({ needs }) => needs);
  const watched = rows.map(async (row, index) => {
    seen.set(
      row,
      await watch(
        row,
        row.command(`${service} ${join(folder, `log-${index}`)}`),
        join(folder, `log-${index}`),
      ),
    );
  });
  await Promise.all(watched);
}, 30_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function watch(row: Row, command: string[], log: string): Promise<Seen> {
  const child = spawn(command[0] ?? '', command.slice(1), { stdio: 'ignore', cwd: '/' });
  const gone = new Promise<number>((resolve) => {
    child.on('close', () => resolve(performance.now()));
  });
  const lines = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n') : []);
  await until(() => lines().length > 1, 10_000);
  const pid = Number(lines()[0]);
  // su and runuser listen for TERM only some time after they have started the service.
  if (row.gone === 2) await until(() => catchesTerm(child.pid ?? 0), 5_000);
  const since = performance.now();
  child.kill('SIGTERM');
  const goneSeconds = ((await gone) - since) / 1000;
  // What was not told by now never will be; what was told has its time, and a second more for a busy machine.
  if (lines().includes('TERM')) await until(() => !runs(pid), (stopsWithinSeconds + 1) * 1000);
  const fate = lines().includes('flushed') ? 'ends by itself' : runs(pid) ? 'orphan' : 'killed';
  if (runs(pid)) process.kill(pid, 'SIGKILL');
  return { samePid: pid === child.pid, fate, goneSeconds };
}

async function until(condition: () => boolean, withinMs: number): Promise<void> {
  for (const since = performance.now(); !condition() && performance.now() - since < withinMs;)
    await delay(20);
}

function catchesTerm(pid: number): boolean {
  const caught = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return ((BigInt(`0x${caught}`) >> 14n) & 1n) === 1n;
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0) && !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('what becomes of a service that needs three seconds to stop, started by', () => {
  for (const row of table) {
    it.runIf(row.needs)(`${row.tool}`, () => {
      const { samePid, fate, goneSeconds } = seen.get(row)!;
      expect({ samePid, fate }).toEqual({ samePid: row.samePid, fate: row.fate });
      expect(goneSeconds).toBeGreaterThan(row.gone - 0.1);
      expect(goneSeconds).toBeLessThan(row.gone + 0.9);
    });
  }
});
