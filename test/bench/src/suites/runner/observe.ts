import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killAtExit, forgetProcess } from '@penstock/test-process';
import type { Starter } from './starters.ts';

const service = ['/usr/bin/perl', join(import.meta.dirname, 'service.pl')];
/**
 * What a careless shell hands on: descriptor 20, an ignored INT, a secret. The supervisor stays what is
 * started here.
 */
const careless = 'trap "" INT; exec 20</etc/hostname; export SECRET=x; exec "$@"';

/** What became of a service that was started and told to stop, as its supervisor would. */
export interface Observed {
  samePid: boolean;
  told: boolean;
  /** From TERM until the supervisor has nobody any more, s. */
  supervisedSeconds: number;
  service: 'in peace' | 'killed' | 'left running';
  /** What it was given, and what it should not have been. */
  given: ServiceSaid;
  /** Of everything that stands between, after the start. */
  residentKb: number;
}

export interface ServiceSaid {
  user: string;
  home: string;
  leaks: string[];
}

export async function observe(starter: Starter): Promise<Observed> {
  const child = spawn('/bin/bash', ['-c', careless, 'bash', ...starter.command, ...service], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const supervised = child.pid!;
  killAtExit(supervised);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => output.includes('ready\n'), 10_000, starter.name);
  const said = new Map(
    output
      .split('\n')
      .map((line): [string, string] => [line.split('=')[0]!, line.slice(line.indexOf('=') + 1)]),
  );
  const pid = Number(said.get('pid'));
  const residentKb = residentBetween(pid, supervised);
  const startedMs = performance.now();
  const gone = once(child, 'exit');
  const closed = once(child, 'close'); // later, when somebody left behind holds its output
  child.kill('SIGTERM');
  await gone;
  const supervisedSeconds = (performance.now() - startedMs) / 1_000;
  forgetProcess(supervised);
  await sleep(300); // a KILL on its way arrives
  const left = pid !== supervised && isThere(pid);
  if (left) process.kill(pid, 'SIGKILL');
  await closed;
  return {
    samePid: pid === supervised,
    told: output.includes('told\n'),
    supervisedSeconds,
    service: output.includes('ended\n') ? 'in peace' : left ? 'left running' : 'killed',
    given: readSaid(said),
    residentKb,
  };
}

function readSaid(said: ReadonlyMap<string, string>): ServiceSaid {
  const text = (name: string): string => said.get(name) ?? '';
  const groups = text('Groups').trim();
  const leaks: string[] = [];
  if (text('fds').split(' ').includes('20')) leaks.push('a descriptor');
  if ((BigInt(`0x${text('SigIgn')}`) & 2n) !== 0n) leaks.push('ignored INT');
  if (text('secret') !== '') leaks.push('variables');
  if (text('NoNewPrivs') === '0') leaks.push('setuid programs');
  const ids = `${text('Uid').split('\t')[0]}:${text('Gid').split('\t')[0]}`;
  return { user: groups === '' ? ids : `${ids} (${groups})`, home: text('home'), leaks };
}

/** Memory of the parents of `pid` up to and with `supervised`; 0 when they are one. */
function residentBetween(pid: number, supervised: number): number {
  let total = 0;
  for (let at = pid; at !== supervised && at > 1;) {
    at = Number(statusOf(at, 'PPid'));
    total += Number.parseInt(statusOf(at, 'VmRSS') || '0', 10);
  }
  return total;
}

function statusOf(pid: number, name: string): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
}

function isThere(pid: number): boolean {
  try {
    return statusOf(pid, 'State').startsWith('Z') === false;
  } catch {
    return false;
  }
}

async function until(check: () => boolean, timeoutMs: number, what: string): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!check()) {
    if (Date.now() > deadline) throw new Error(`${what}: the service was not started within ${timeoutMs} ms`);
    await sleep(20);
  }
}
