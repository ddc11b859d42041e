import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
export const node = join(checkout, 'node_modules/.bin/node');
export const runner = join(checkout, 'packages/runner/dist/penstock-run.cjs');

export interface ServiceProcessOptions {
  /** Package folder under packages/. */
  service: 'receiver' | 'input-filter' | 'mirror';
  args?: readonly string[];
  env: Record<string, string>;
  /** Of the operations listener. */
  operationsPort: number;
  logFile: string;
}

/** One service as operators run it: started by the Runner, which becomes it, so the pid here is the service's own. */
export class ServiceProcess implements AsyncDisposable {
  readonly #options: ServiceProcessOptions;
  #child: ChildProcess | undefined;

  constructor(options: ServiceProcessOptions) {
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Settles when /readyz says 200. Rejects with the end of the log when the process ends before, or after 60 s. */
  async start(): Promise<void> {
    const child = this.#spawn(this.#options.args ?? []);
    this.#child = child;
    const until = Date.now() + 60_000;
    while (!(await this.ready())) {
      if (child.exitCode !== null || child.signalCode !== null || Date.now() > until) {
        throw new Error(`${this.#options.service} did not become ready:\n${await this.logTail()}`);
      }
      await sleep(50);
    }
  }

  /** Runs the same program with other arguments to its end, e.g. `mirror init`. Rejects unless it exits 0. */
  async run(...args: string[]): Promise<void> {
    const child = this.#spawn(args);
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    if (exitCode !== 0) {
      throw new Error(
        `${this.#options.service} ${args.join(' ')} ended with ${exitCode}:\n${await this.logTail()}`,
      );
    }
  }

  async ready(): Promise<boolean> {
    return (await this.#get('/readyz')).ok;
  }

  /** The JSON of /status. */
  async status(): Promise<unknown> {
    return (await this.#get('/status')).json();
  }

  async metrics(): Promise<string> {
    return (await this.#get('/metrics')).text();
  }

  /** SIGKILL; settles when the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM; answers the exit code. */
  async stop(): Promise<number | null> {
    return this.#end('SIGTERM');
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  async logTail(lines = 20): Promise<string> {
    const text = await readFile(this.#options.logFile, 'utf8');
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #spawn(args: readonly string[]): ChildProcess {
    const { service, env, logFile } = this.#options;
    mkdirSync(dirname(logFile), { recursive: true });
    const log = createWriteStream(logFile, { flags: 'a' });
    const main = join(checkout, 'packages', service, 'src/main.ts');
    const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];
    const child = spawn(node, [runner, ...asRoot, '--keep-env', 'PENSTOCK_*', '--', node, main, ...args], {
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // A session of its own: the Runner refuses to hand a terminal on.
      detached: true,
    });
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    return child;
  }

  async #end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  async #get(path: string): Promise<{ ok: boolean; json(): Promise<unknown>; text(): Promise<string> }> {
    try {
      return await fetch(`http://127.0.0.1:${this.#options.operationsPort}${path}`, {
        signal: AbortSignal.timeout(2_000),
      });
    } catch {
      // Not listening: not ready, which is an answer here.
      return { ok: false, json: () => Promise.resolve(undefined), text: () => Promise.resolve('') };
    }
  }
}
