import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killAtExit, forgetProcess } from './clean-up-at-exit.ts';
import { type LogLine, logLinesOf, tailOf } from './log-lines.ts';

/** What to start, and how. */
export interface Launch {
  /** What messages call it. */
  name: string;
  command: readonly string[];
  /** Its whole environment: nothing is inherited. */
  env: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  /** It appends its output here. By default the output is kept in memory. */
  logFile?: string;
  /** Opens a channel to a process that is Node: called with each of its messages. */
  onMessage?: (message: unknown) => void;
}

/** How a process ended: one of the two. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Patience {
  /** Default one minute: a busy machine is slow. */
  timeoutMs?: number;
  /** Ends the wait with its reason. */
  signal?: AbortSignal;
}

/**
 * A running process, usually one of our services. It has a session of its own, so that Ctrl-C in the
 * terminal does not reach it, and it is killed when the process that started it ends in any way. Disposing
 * of it kills it.
 */
export class ServiceProcess implements AsyncDisposable {
  readonly name: string;
  /** Settles when it has ended and its output is complete. Never rejects. */
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  readonly #readOutput: () => string;
  #exit: Exit | undefined;
  #failure: Error | undefined;

  constructor(launch: Launch) {
    this.name = launch.name;
    const { child, readOutput } = start(launch);
    this.#child = child;
    this.#readOutput = readOutput;
    const { pid } = child;
    if (pid !== undefined) killAtExit(pid);
    this.exited = new Promise<Exit>((resolve) => {
      child.once('error', (error) => {
        this.#failure = error;
        if (pid === undefined) resolve({ code: -1, signal: null });
      });
      child.once('close', (code, signal) => resolve({ code, signal }));
    }).then((exit) => {
      this.#exit = exit;
      if (pid !== undefined) forgetProcess(pid);
      return exit;
    });
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Undefined while it runs. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Everything that it has said so far, errors included. */
  get output(): string {
    return this.#readOutput();
  }

  get lines(): LogLine[] {
    return logLinesOf(this.output);
  }

  outputTail(lines?: number): string {
    return tailOf(this.output, lines);
  }

  /**
   * Polls until the condition holds. Rejects, with the end of its output, when the process ends first or time
   * runs out.
   */
  async until(
    condition: () => boolean | Promise<boolean>,
    what: string,
    { timeoutMs = 60_000, signal }: Patience = {},
  ): Promise<void> {
    for (const untilAt = performance.now() + timeoutMs; ; await sleep(20)) {
      const ended = this.#exit;
      if (await condition()) return;
      signal?.throwIfAborted();
      if (ended) throw this.#problem(`${this.howItEnded()} before: ${what}`);
      if (performance.now() > untilAt) throw this.#problem(`not within ${timeoutMs / 1_000} s: ${what}`);
    }
  }

  /** The first line of its log with this message, as soon as there is one. */
  async said(message: string, patience?: Patience): Promise<LogLine> {
    let line: LogLine | undefined;
    await this.until(
      () => (line = this.lines.find(({ msg }) => msg === message)) !== undefined,
      `it says "${message}"`,
      patience,
    );
    return line as LogLine;
  }

  /** `http://127.0.0.1:port` of /livez, /readyz, /status and /metrics; undefined until it listens there. */
  get operations(): string | undefined {
    const line = this.lines.find(({ msg }) => msg === 'operations listener is open');
    const { port } = (line?.['address'] ?? {}) as { port?: number };
    return port === undefined ? undefined : `http://127.0.0.1:${port}`;
  }

  /** Asks its operations listener; undefined while nobody answers there. */
  async ask(path: string): Promise<{ status: number; text: string } | undefined> {
    const { operations } = this;
    if (operations === undefined) return undefined;
    try {
      const response = await fetch(`${operations}${path}`, { signal: AbortSignal.timeout(10_000) });
      return { status: response.status, text: await response.text() };
    } catch {
      return undefined; // not listening yet, or not any more: that is an answer
    }
  }

  async isReady(): Promise<boolean> {
    return (await this.ask('/readyz'))?.status === 200;
  }

  /** Settles when /readyz says 200. */
  async untilReady(patience?: Patience): Promise<void> {
    let reasons = '';
    await this.until(
      async () => {
        const answer = await this.ask('/readyz');
        reasons = answer?.text ?? reasons;
        return answer?.status === 200;
      },
      'it is ready',
      patience,
    ).catch((error: unknown) => {
      throw reasons === '' ? error : new Error(`${(error as Error).message}\n/readyz: ${reasons}`);
    });
  }

  /** The JSON of /status; undefined while nobody answers. */
  async status<T>(): Promise<T | undefined> {
    const answer = await this.ask('/status');
    return answer && (JSON.parse(answer.text) as T);
  }

  send(message: object | string): void {
    this.#child.send(message);
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /**
   * SIGTERM; settles when it has ended. Kills it and rejects when that takes longer than `timeoutMs` (two
   * minutes).
   */
  async stop({ timeoutMs = 120_000 }: { timeoutMs?: number } = {}): Promise<Exit> {
    this.signal('SIGTERM');
    const timer = new AbortController();
    const late = sleep(timeoutMs, 'late' as const, { signal: timer.signal }).catch(() => 'late' as const);
    const exit = await Promise.race([this.exited, late]);
    timer.abort();
    if (exit !== 'late') return exit;
    await this.kill();
    throw this.#problem(`it did not stop within ${timeoutMs / 1_000} s of TERM and was killed`);
  }

  /** SIGKILL; settles when it is gone. */
  async kill(): Promise<Exit> {
    this.signal('SIGKILL');
    return this.exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  /** In words: 'it ended with code 1'. */
  howItEnded(): string {
    if (this.#failure && this.pid === undefined) return `it could not be started (${this.#failure.message})`;
    const { code, signal } = this.#exit ?? {};
    return signal ? `it was ended by ${signal}` : `it ended with code ${code}`;
  }

  #problem(what: string): Error {
    return new Error(`${this.name}: ${what}\n${this.outputTail()}`);
  }
}

function start({ command, env, cwd, logFile, onMessage }: Launch): {
  child: ChildProcess;
  readOutput: () => string;
} {
  const [program = '', ...args] = command;
  const options = { env: { ...env }, detached: true, ...(cwd !== undefined && { cwd }) };
  const channel = onMessage ? (['ipc'] as const) : [];
  if (logFile === undefined) {
    const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', ...channel] });
    if (onMessage) child.on('message', onMessage);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
    }
    return { child, readOutput: () => output };
  }
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  // A process that is started again appends to the same file: what the one before it said is not this one's.
  const earlier = readFileSync(logFile).length;
  const child = spawn(program, args, { ...options, stdio: ['ignore', log, log, ...channel] });
  if (onMessage) child.on('message', onMessage);
  closeSync(log);
  return { child, readOutput: () => readFileSync(logFile).subarray(earlier).toString() };
}
