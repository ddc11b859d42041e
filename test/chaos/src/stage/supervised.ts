import { setTimeout as sleep } from 'node:timers/promises';
import { type Exit, ServiceProcess } from '@penstock/test-process';

export interface SupervisedOptions {
  name: string;
  command: readonly string[];
  env: Record<string, string>;
  logFile: string;
}

/** A service that ended without being told to. */
export interface UnbiddenEnd {
  name: string;
  /** Seconds from the start of the stage. */
  at: number;
  /** 'it ended with code 1' */
  how: string;
  /** The last error in its log. */
  lastError: string;
}

const backoffMs = { first: 500, most: 10_000 };
/** Who ran for so long begins with the first backoff again. */
const steadyMs = 30_000;

/**
 * A service as an init daemon keeps it: started again whenever it ends, after a pause that doubles when it
 * ends by itself. What is killed or stopped through this object is started again at once.
 */
export class Supervised implements AsyncDisposable {
  readonly name: string;
  /** Ends that nobody asked for. */
  readonly unbidden: UnbiddenEnd[] = [];
  readonly #options: SupervisedOptions;
  readonly #bornAt = performance.now();
  #process: ServiceProcess | undefined;
  #supervision: Promise<void> | undefined;
  #closing = new AbortController();
  #bidden = false;

  constructor(options: SupervisedOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#process?.exit === undefined ? this.#process?.pid : undefined;
  }

  /** Begins the supervision; settles when the service is ready. */
  async start(): Promise<void> {
    this.#supervision ??= this.#supervise();
    await this.untilReady();
  }

  /** Over any number of restarts. */
  async untilReady(timeoutMs = 120_000): Promise<void> {
    for (const untilAt = performance.now() + timeoutMs; performance.now() < untilAt; await sleep(100)) {
      if (this.#process && this.#process.exit === undefined && (await this.#process.isReady())) return;
    }
    throw new Error(`${this.name} is not ready after ${timeoutMs / 1_000} s\n${this.logTail()}`);
  }

  async kill(): Promise<void> {
    this.#bidden = true;
    await this.#process?.kill();
  }

  /** Settles when it has ended; the supervisor is starting it again by then. */
  async stop(): Promise<Exit | undefined> {
    this.#bidden = true;
    return this.#process?.stop();
  }

  pause(): void {
    this.#process?.signal('SIGSTOP');
  }

  resume(): void {
    this.#process?.signal('SIGCONT');
  }

  logTail(lines = 20): string {
    return `--- ${this.name}\n${this.#process?.outputTail(lines) ?? ''}`;
  }

  /** A graceful stop, and nobody starts it again. */
  async retire(): Promise<Exit | undefined> {
    this.#closing.abort();
    return this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    this.resume();
    await this.kill();
    await this.#supervision;
  }

  async #supervise(): Promise<void> {
    let failures = 0;
    while (!this.#closing.signal.aborted) {
      this.#bidden = false;
      const startedAt = performance.now();
      const process = new ServiceProcess(this.#options);
      this.#process = process;
      await process.exited;
      if (this.#bidden || this.#closing.signal.aborted) continue;
      this.unbidden.push({
        name: this.name,
        at: (performance.now() - this.#bornAt) / 1_000,
        how: process.howItEnded(),
        lastError: lastErrorOf(process),
      });
      failures = performance.now() - startedAt > steadyMs ? 0 : failures + 1;
      const waitMs = Math.min(backoffMs.most, backoffMs.first * 2 ** failures);
      await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }
}

function lastErrorOf(process: ServiceProcess): string {
  const line = process.lines.findLast(({ level }) => level === 'error' || level === 'fatal');
  if (!line) return process.outputTail(1);
  const error = line['err'] ?? line['error'];
  const detail =
    typeof error === 'object' && error !== null && 'message' in error ? `: ${String(error.message)}` : '';
  return `${String(line['msg'])}${detail}`;
}
