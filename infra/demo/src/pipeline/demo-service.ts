import { type LogLine, ServiceProcess } from '@penstock/test-process';
import { checkout } from '../checkout.ts';
import { DemoError } from '../errors.ts';
import { say } from '../say.ts';

export interface DemoServiceOptions {
  name: string;
  command: readonly string[];
  env: Record<string, string>;
  logFile: string;
}

/** Above the services' own STOP_TIMEOUT_MS. */
const stopTimeoutMs = 30_000;

/** A service of the demo, which speaks for it to a person. Disposing of it is TERM, and waits for the end. */
export class DemoService implements AsyncDisposable {
  readonly name: string;
  readonly logFile: string;
  /** Aborted with the reason when the process ends without having been asked to. */
  readonly died: AbortSignal;
  readonly #process: ServiceProcess;
  #stopping = false;

  constructor(options: DemoServiceOptions) {
    this.name = options.name;
    this.logFile = options.logFile;
    this.#process = new ServiceProcess({ ...options, cwd: checkout });
    const died = new AbortController();
    this.died = died.signal;
    void this.#process.exited.then(() => {
      if (!this.#stopping) died.abort(this.#problem(this.#process.howItEnded()));
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** The address of its operations listener, once it is ready. `halt` ends the wait. */
  async ready(halt: AbortSignal): Promise<string> {
    try {
      await this.#process.said('started', { signal: halt });
      await this.#process.untilReady({ signal: halt });
    } catch (error) {
      halt.throwIfAborted();
      this.died.throwIfAborted();
      throw this.#problem(`it is not ready after a minute: ${(error as Error).message.split('\n').at(-1)}`);
    }
    return String(this.#process.operations);
  }

  /** The first line of its log with this message. */
  async said(message: string, halt: AbortSignal): Promise<LogLine> {
    return this.#process.said(message, { signal: halt });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.died.aborted) return;
    this.#stopping = true;
    const startedAt = performance.now();
    const exit = await this.#process.stop({ timeoutMs: stopTimeoutMs }).catch(() => undefined);
    if (!exit) {
      throw this.#problem(`it did not stop within ${stopTimeoutMs / 1_000} s of TERM and was killed`);
    }
    const how = exit.signal ?? `exit code ${exit.code}`;
    say(`stopped the ${this.name} in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s (${how})`);
    if (exit.code !== 0) throw this.#problem(this.#process.howItEnded());
  }

  /** With what it said last that explains its end, if anything does, and where to read on. */
  #problem(what: string): DemoError {
    const last = this.#process.lines.findLast(({ level }) => level === 'error' || level === 'fatal');
    const end = this.#process.outputTail(1);
    // Not JSON: the words of the Runner, or of Node.
    const plain = end.startsWith('{') ? '' : end.slice(0, 300);
    const why = last === undefined ? plain : describe(last);
    return new DemoError(`the ${this.name}: ${what}${why && `: ${why}`} (${this.logFile})`);
  }
}

function describe({ msg, error, problems }: LogLine): string {
  const detail = (error as { message?: string } | undefined)?.message ?? (problems as string[] | undefined);
  return detail === undefined ? String(msg) : `${String(msg)}: ${String(detail)}`;
}
