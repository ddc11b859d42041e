import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface Sample {
  lines: Record<string, unknown>[];
  operations: string;
  signal(name: NodeJS.Signals): void;
  heard(message: string): Promise<Record<string, unknown>>;
  exited: Promise<number | null>;
}

/** Starts a sample service as a real process and waits for its operations listener; it is killed when the test ends. */
export async function startSample(
  file: string,
  env: Record<string, string>,
  waitFor = 'started',
): Promise<Sample> {
  const child = spawn(process.execPath, [new URL(`./${file}.ts`, import.meta.url).pathname], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: Record<string, unknown>[] = [];
  const waiting = new Map<string, (line: Record<string, unknown>) => void>();
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = JSON.parse(part) as Record<string, unknown>;
      lines.push(line);
      waiting.get(String(line['msg']))?.(line);
    }
  });
  const heard = async (message: string) =>
    lines.find((line) => line['msg'] === message) ??
    new Promise<Record<string, unknown>>((resolve) => void waiting.set(message, resolve));
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  await Promise.race([heard(waitFor), exited]);
  const address = lines.find((line) => line['msg'] === 'operations listener is open')?.['address'];
  const port = (address as { port: number } | undefined)?.port;
  return {
    lines,
    heard,
    exited,
    operations: `http://127.0.0.1:${port}`,
    signal: (name) => void child.kill(name),
  };
}

/** Runs one command of the sample service to its end. */
export async function runSample(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const main = new URL('./one-service.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [main, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { exitCode: await exited, stdout, stderr };
}
