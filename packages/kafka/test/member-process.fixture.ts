import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const fixture = fileURLToPath(new URL('copying-member.fixture.ts', import.meta.url));

/** What copying-member.fixture.ts is told by its environment. */
export interface CopyOptions {
  bootstrap: readonly string[];
  input: string;
  output: string;
  group: string;
  /** Transactional id, and member id by way of it. */
  identity: string;
  requestTimeoutMs?: number;
  /** Per partition and fetch: few make many transactions. Default 50 000. */
  fetchBytes?: number;
}

/** A process that copies a topic in transactions as a member of a group; it says what happens to it, a line each. */
export class MemberProcess implements Disposable {
  readonly identity: string;
  readonly process: ChildProcess;
  /** Everything it has said so far. */
  readonly lines: string[] = [];
  readonly startedMs = performance.now();
  /** Owned by its own account. */
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

  /** When it first said a line that begins so, ms after its start. */
  saidAfterMs(what: string): number | undefined {
    const atMs = this.#saidAtMs.get(what);
    return atMs === undefined ? undefined : atMs - this.startedMs;
  }

  /** Settles when it says a line that begins so, from now on. Rejects when it ends before. */
  async says(what: string): Promise<void> {
    const from = this.lines.length;
    await this.until(() => this.lines.slice(from).some((line) => line.startsWith(what)), what);
  }

  /** Settles when `holds`, looked at after each line. Rejects when the process ends before. */
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

  /** SIGTERM: ends its transaction, leaves the group and exits. Answers the exit code. */
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
