import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { runToEnd, serviceCommand, ServiceProcess } from '@penstock/test-process';
import { onTestFinished } from 'vitest';
import type { LinkStatus } from '../src/commands/link-status.ts';

export type MirrorEnvironment = Record<string, string>;

/** A real process of the mirror; killed with the test that started it, if it still lives. */
export interface MirrorProcess {
  readonly process: ServiceProcess;
  /** JSON of /status; undefined while the process does not answer. */
  status(): Promise<MirrorStatus | undefined>;
  /** SIGKILL, and the end of it. */
  kill(): Promise<void>;
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>;
  exitCode(): Promise<number | null>;
  log(): string;
}

export interface MirrorStatus {
  /** Absent while it starts. */
  strangers?: { clientId: string; shards: number[] }[];
  shards?: {
    shard: number;
    idleBecause: string | null;
    withoutRoom: string[];
    partitions: PartitionStatus[];
  }[];
}

export interface PartitionStatus {
  partition: string;
  phase: string;
  position: string | null;
  lagRecords: number | null;
  lsoLagRecords: number | null;
  detail?: string;
  pause?: { kind: string; from: string; to: string };
  pausedSince?: string | null;
}

export function startMirrorProcess(env: MirrorEnvironment): MirrorProcess {
  const mirror = new ServiceProcess({
    name: 'the Mirror',
    command: serviceCommand('mirror'),
    env: withPath(env),
  });
  onTestFinished(async () => void (await mirror.kill()));
  return {
    process: mirror,
    status: () => mirror.status<MirrorStatus>(),
    kill: async () => void (await mirror.kill()),
    stop: async () => (await mirror.stop()).code,
    exitCode: async () => (await mirror.exited).code,
    log: () => mirror.output,
  };
}

/** Runs one command of the mirror to its end. */
export async function mirrorCommand(
  args: readonly string[],
  env: MirrorEnvironment,
): Promise<{ exitCode: number; output: string; problems: string }> {
  const { exitCode, stdout, stderr } = await runToEnd(serviceCommand('mirror', ...args), {
    env: withPath(env),
  });
  return { exitCode, output: stdout, problems: stderr };
}

/** The first lines that a command prints, which then finds its output closed; and its exit code. */
export async function firstLines(
  args: readonly string[],
  env: MirrorEnvironment,
  count: number,
): Promise<{ lines: string[]; exitCode: number | null }> {
  const [program = '', ...before] = serviceCommand('mirror', ...args);
  const child = spawn(program, before, { env: withPath(env), stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (lines.length === count) break;
  }
  child.stdout.destroy();
  return { lines, exitCode: (await ended)[0] };
}

/** What `mirror status --watch` shows, turn by turn, until nobody asks for more. `problems` has the rest. */
export async function* watchStatus(
  env: MirrorEnvironment,
  problems: (text: string) => void = (text) => void process.stderr.write(text),
): AsyncGenerator<LinkStatus, never> {
  const [program = '', ...args] = serviceCommand('mirror', 'status', '--json', '--watch');
  const child = spawn(program, args, { env: withPath(env), stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.on('data', (bytes: Buffer) => problems(String(bytes)));
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) yield JSON.parse(line) as LinkStatus;
  throw new Error(`mirror status --watch ended by itself, with ${child.exitCode}`);
}

function withPath(env: MirrorEnvironment): Record<string, string | undefined> {
  return { PATH: process.env['PATH'], ...env };
}
