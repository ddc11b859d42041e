import { runToEnd } from '@penstock/test-process';
import { access, cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';

const version = '4.27.0';
const cache = join(import.meta.dirname, '../../../../../.cache', `benthos-${version}`);
const buildTimeoutMs = 1_200_000;

/** The program that the suites compare with, whatever it is made to do. */
export interface Connect {
  readonly name: string;
  /** False: Benthos stands in for it, and its figures have to be scaled. */
  readonly isConnect: boolean;
  /** Why there is none. */
  readonly trouble: string | undefined;
  command(pipelineFile: string): string[];
}

export function connectName(): string {
  return process.env['BENCH_CONNECT'] === undefined ? `Benthos ${version}` : 'Redpanda Connect';
}

/**
 * Redpanda Connect, whose binary `BENCH_CONNECT` names. Without it Benthos, which it was made from, built
 * as a Go module: minutes the first time, and it stays in .cache. Without Go the row is skipped.
 */
export async function findConnect(say: (line: string) => void): Promise<Connect> {
  const given = process.env['BENCH_CONNECT'];
  if (given !== undefined) {
    const command = (file: string): string[] => [given, 'run', file];
    return { name: connectName(), isConnect: true, trouble: undefined, command };
  }
  const binary = join(cache, 'benthos');
  return {
    name: connectName(),
    isConnect: false,
    trouble: await buildBenthos(binary, say),
    command: (file) => [binary, '-c', file],
  };
}

/** Answers why it could not, or undefined. */
async function buildBenthos(binary: string, say: (line: string) => void): Promise<string | undefined> {
  try {
    await access(binary);
    return undefined;
  } catch {
    say(`building Benthos ${version} as a Go module, which takes minutes`);
  }
  const source = join(cache, 'source');
  await mkdir(source, { recursive: true });
  await cp(join(import.meta.dirname, 'benthos'), source, { recursive: true });
  try {
    const built = await runToEnd(['go', 'build', '-o', binary, '.'], {
      cwd: source,
      env: process.env,
      timeoutMs: buildTimeoutMs,
    });
    if (built.exitCode === 0) return undefined;
    return `go build ended with ${built.exitCode}: ${built.stderr.trim().split('\n').at(-1)}`;
  } catch (error) {
    return `no BENCH_CONNECT, and no Go to build Benthos: ${String(error)}`;
  }
}
