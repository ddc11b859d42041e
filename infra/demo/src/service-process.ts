import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard, unguard } from '@penstock/test-broker';
import { checkout } from './checkout.ts';
import { DemoError } from './errors.ts';
import { pause } from './pause.ts';
import { say } from './say.ts';

export interface ServiceOptions {
  name: string;
  command: readonly string[];
  env: Record<string, string>;
  logFile: string;
}

type LogLine = Record<string, unknown>;

const startTimeoutMs = 60_000;
/** Above the services' own STOP_TIMEOUT_MS. */
const stopTimeoutMs = 30_000;

/**
 * A service as a child in a session of its own: Ctrl-C in the terminal does not reach it, the demo stops it in its turn. Killed
 * with the demo, however that ends. Disposing of it is TERM, and waits for the end.
 */
export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** Aborted with the reason when the process ends without having been asked to. */
  readonly died: AbortSignal;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #stopping = false;

  constructor({ name, command, env, logFile }: ServiceOptions) {
    this.name = name;
    this.logFile = logFile;
    const log = openSync(logFile, 'a');
    const [program = '', ...args] = command;
    this.#child = spawn(program, args, { cwd: checkout, env, detached: true, stdio: ['ignore', log, log] });
    closeSync(log);
    const { pid } = this.#child;
    if (pid !== undefined) guard(pid);
    const died = new AbortController();
    this.died = died.signal;
    this.#ended = new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((how) => {
      if (pid !== undefined) unguard(pid);
      if (!this.#stopping) died.abort(new DemoError(`the ${name} ended (${how}): ${this.#complaint()}`));
      return how;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** The first log line with this message. Throws when the process ends before, and after a minute. */
  async said(message: string, halt: AbortSignal): Promise<LogLine> {
    for (const untilMs = Date.now() + startTimeoutMs; Date.now() < untilMs; await pause(30, halt)) {
      const line = this.#lines().find(({ msg }) => msg === message);
      if (line) return line;
      this.died.throwIfAborted();
    }
    throw new DemoError(`the ${this.name} is not up after a minute: ${this.#complaint()}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.died.aborted) return;
    this.#stopping = true;
    const beganMs = performance.now();
    this.#child.kill('SIGTERM');
    const timer = new AbortController();
    const late = sleep(stopTimeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
    const how = await Promise.race([this.#ended, late]);
    timer.abort();
    if (how === undefined) {
      this.#child.kill('SIGKILL');
      await this.#ended;
      throw new DemoError(
        `the ${this.name} did not stop within ${stopTimeoutMs / 1000} s of TERM and was killed`,
      );
    }
    say(`stopped the ${this.name} in ${((performance.now() - beganMs) / 1000).toFixed(1)} s (${how})`);
    if (how !== 'exit code 0')
      throw new DemoError(`the ${this.name} ended with ${how}: ${this.#complaint()}`);
  }

  #lines(): LogLine[] {
    const lines = readFileSync(this.logFile, 'utf8').split('\n').map(parseLine);
    return lines.filter((line) => line !== undefined);
  }

  /** What it said last that explains its end, if anything does, and where to read on. */
  #complaint(): string {
    const last = this.#lines().findLast(({ level }) => level === 'error' || level === 'fatal');
    const end = readFileSync(this.logFile, 'utf8').trim().split('\n').at(-1) ?? '';
    // No JSON: the words of the Runner, or of Node.
    const plain = end.startsWith('{') ? '' : end.slice(0, 300);
    const text = last === undefined ? plain : describe(last);
    return text === '' ? this.logFile : `${text} (${this.logFile})`;
  }
}

function describe({ msg, error, problems }: LogLine): string {
  const detail = (error as { message?: string } | undefined)?.message ?? (problems as string[] | undefined);
  return detail === undefined ? String(msg) : `${String(msg)}: ${String(detail)}`;
}

/** Undefined for what is no JSON, such as the Runner's own words. */
function parseLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
