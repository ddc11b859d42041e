import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

export type MirrorEnvironment = Record<string, string>;

/** A real process of the mirror; killed with the test that started it, if it still lives. */
export interface MirrorProcess {
  readonly child: ChildProcess;
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
  shards?: { shard: number; hindrance: string | null; partitions: PartitionStatus[] }[];
}

export interface PartitionStatus {
  partition: string;
  phase: string;
  position: string | null;
  lagRecords: number;
  lsoLagRecords: number;
  pause?: { kind: string; from: string; to: string };
}

export function startMirrorProcess(env: MirrorEnvironment): MirrorProcess {
  const { child, exited, output } = spawnMirror([], env);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const address = () => /"port":(\d+)\},"msg":"operations listener is open"/.exec(output.text)?.[1];
  return {
    child,
    async status() {
      const port = address();
      if (port === undefined) return undefined;
      const answer = await fetch(`http://127.0.0.1:${port}/status`).catch(() => undefined);
      return (await answer?.json()) as MirrorStatus | undefined;
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      child.kill('SIGTERM');
      return exited;
    },
    exitCode: () => exited,
    log: () => output.text + output.problems,
  };
}

/** Runs one command of the mirror to its end. */
export async function mirrorCommand(
  args: readonly string[],
  env: MirrorEnvironment,
): Promise<{ exitCode: number | null; output: string; problems: string }> {
  const { exited, output } = spawnMirror(args, env);
  const exitCode = await exited;
  return { exitCode, output: output.text, problems: output.problems };
}

function spawnMirror(args: readonly string[], env: MirrorEnvironment) {
  const child = spawn(process.execPath, [main, ...args], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { text: '', problems: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.text += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.problems += text;
  });
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return { child, exited, output };
}
