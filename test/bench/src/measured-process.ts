import { killAtExit, peakRssBytesOf, forgetProcess } from '@penstock/test-process';
import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';

/** A program to be measured. */
export interface Launch {
  command: string;
  args: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** A file to be its standard input. */
  input?: string;
}

export interface MeasuredProcess {
  /** User and system time of the whole process, its threads included. */
  cpuMicros: number;
  /** From the start to the last line of output, or to the end when there was none. */
  wallMs: number;
  /** Undefined where there is no /proc. */
  peakRssBytes: number | undefined;
  stdout: string;
  stderr: string;
}

/**
 * Runs a program to its end and says what it cost, the same way whatever it is written in: bash's `time`
 * reads the kernel's account of a child that has ended, in milliseconds. Rejects when it fails or is not
 * done in time; then it is killed.
 */
export async function measureProcess(launch: Launch, timeoutMs: number): Promise<MeasuredProcess> {
  const startedMs = performance.now();
  await using input = await open(launch.input ?? '/dev/null');
  const child = spawn('bash', ['-c', timed, 'bash', launch.command, ...launch.args], {
    env: { ...process.env, ...launch.env },
    stdio: [input.fd, 'pipe', 'ignore', 'pipe', 'pipe'],
  });
  const [, stdout, , account, stderr] = child.stdio as unknown as [null, Readable, null, Readable, Readable];
  let pid: number | undefined;
  let doneMs: number | undefined;
  let peakRssBytes: number | undefined;
  let late = false;
  const texts = { stdout: '', account: '', stderr: '' };
  stdout.on('data', (chunk: Buffer) => {
    doneMs = performance.now();
    texts.stdout += chunk.toString();
  });
  stderr.on('data', (chunk: Buffer) => (texts.stderr = (texts.stderr + chunk.toString()).slice(-8_192)));
  account.on('data', (chunk: Buffer) => {
    texts.account += chunk.toString();
    if (pid !== undefined || !texts.account.includes('\n')) return;
    pid = Number.parseInt(texts.account, 10);
    killAtExit(pid);
  });
  const watch = setInterval(() => (peakRssBytes = peakRssOf(pid) ?? peakRssBytes), 25);
  const timer = setTimeout(() => {
    late = true;
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  }, timeoutMs);
  const exitCode = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  }).finally(() => {
    clearInterval(watch);
    clearTimeout(timer);
    if (pid !== undefined) forgetProcess(pid);
  });
  const wallMs = (doneMs ?? performance.now()) - startedMs;
  if (late) throw new Error(`${launch.command}: not done after ${timeoutMs} ms`);
  if (exitCode !== 0) {
    throw new Error(`${launch.command} ended with ${exitCode}: ${complaintOf(texts.stderr || texts.stdout)}`);
  }
  return {
    cpuMicros: cpuMicrosOf(texts.account),
    wallMs,
    peakRssBytes,
    stdout: texts.stdout,
    stderr: texts.stderr,
  };
}

// Descriptor 3 takes the pid, then the account; 4 is the program's standard error, since `time` writes to
// the shell's.
const timed = `TIMEFORMAT='%3U %3S'
{ time sh -c 'echo $$ >&3; exec "$@" 3>&- 4>&-' sh "$@" 2>&4; } 2>&3`;

function cpuMicrosOf(account: string): number {
  const [, user, system] = /(\d+\.\d+) (\d+\.\d+)\s*$/.exec(account) ?? [];
  if (user === undefined || system === undefined) throw new Error(`bash said nothing of time: ${account}`);
  return (Number(user) + Number(system)) * 1e6;
}

function peakRssOf(pid: number | undefined): number | undefined {
  if (pid === undefined) return undefined;
  try {
    return peakRssBytesOf(pid);
  } catch {
    return undefined; // it has ended, or this system has no /proc
  }
}

/** The line that names the error, which a stack trace may follow. */
function complaintOf(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.find((line) => /error|exception/i.test(line)) ?? lines.at(-1) ?? '').trim();
}
