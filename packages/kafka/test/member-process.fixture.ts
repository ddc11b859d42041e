import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('copying-member.fixture.ts', import.meta.url));

/** What copying-member.fixture.ts finds in its environment. */
export interface CopyOptions {
  bootstrap: readonly string[];
  input: string;
  output: string;
  group: string;
  /** The transactional id; the member id is made from it. */
  identity: string;
  requestTimeoutMs?: number;
  /** Per partition and fetch. Fewer bytes make more transactions. Default 50 000. */
  fetchBytes?: number;
}

/**
 * A process that copies a topic in transactions as a member of a group. It prints a line for everything that
 * happens.
 */
export class MemberProcess implements Disposable {
  readonly identity: string;
  readonly process: ChildProcess;
  /** The lines so far. */
  readonly lines: string[] = [];
  readonly startedMs = performance.now();
  /** What it owns, by its own lines. */
  owned = 0;
  paused = false;
  #saidAtMs = new Map<string, number>();
  #listeners = new Set<() => void>();
  #ended = false;

  constructor(options: CopyOptions) {
    const {
      bootstrap,
      input,
      output,
      group,
      identity,
      requestTimeoutMs = 10_000,
      fetchBytes = 50_000,
    } = options;
    this.identity = identity;
    this.process = spawn(process.execPath, [fixture], {
      env: {
        ...process.env,
        BOOTSTRAP: bootstrap.join(','),
        INPUT: input,
        OUTPUT: output,
        GROUP: group,
        IDENTITY: identity,
        REQUEST_TIMEOUT_MS: String(requestTimeoutMs),
        FETCH_BYTES: String(fetchBytes),
      },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.process.once('exit', () => {
      this.#ended = true;
      for (const listener of this.#listeners) listener();
    });
    createInterface({ input: this.process.stdout! }).on('line', (line) => this.#hear(line));
  }

  get alive(): boolean {
    return !this.#ended;
  }

  /** When it first printed a line that begins so, ms after its start. */
  saidAfterMs(what: string): number | undefined {
    const atMs = this.#saidAtMs.get(what);
    return atMs === undefined ? undefined : atMs - this.startedMs;
  }

  /** Resolves when it prints a line that begins so, from now on. Rejects when it ends before that. */
  async says(what: string): Promise<void> {
    const from = this.lines.length;
    await this.until(() => this.lines.slice(from).some((line) => line.startsWith(what)), what);
  }

  /** Resolves when `holds` is true after a line. Rejects when the process ends before that. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = (): void => {
      if (holds()) resolve();
      else if (this.#ended) reject(new Error(`${this.identity} ended before: ${what}`));
    };
    this.#listeners.add(look);
    look();
    await promise.finally(() => this.#listeners.delete(look));
  }

  pause(): void {
    this.paused = true;
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.paused = false;
    this.process.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    if (this.#ended) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  /** SIGTERM: it ends its transaction, leaves the group and exits. Resolves with the exit code. */
  async leave(): Promise<number | null> {
    await this.until(() => this.lines.includes('joined'), 'joined'); // before, the signal would just end it
    const exited = once(this.process, 'exit') as Promise<[number | null]>;
    this.process.kill('SIGTERM');
    const [code] = await exited;
    return code;
  }

  [Symbol.dispose](): void {
    if (!this.#ended) this.process.kill('SIGKILL');
  }

  #hear(line: string): void {
    this.lines.push(line);
    const [word = '', count] = line.split(' ');
    if (!this.#saidAtMs.has(word)) this.#saidAtMs.set(word, performance.now());
    if (word === 'owns') this.owned = Number(count);
    for (const listener of this.#listeners) listener();
  }
}
