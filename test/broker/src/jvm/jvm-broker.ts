import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killAtExit, forgetProcess } from '@penstock/test-process';
import type { ArchiveRecording } from './class-archive.ts';
import { javaCommand, recordClasses } from './java.ts';
import { untilStopped } from './until-stopped.ts';
import { readTail } from '../broker/log-tail.ts';
import { untilServing } from '../broker/readiness.ts';
import { propertiesFile } from '../broker/settings.ts';
import type { TestBroker } from '../test-kafka.ts';

export interface JvmBrokerOptions {
  id: number;
  port: number;
  /** Holds the settings and the logs of this broker. */
  folder: string;
  settings: Record<string, string>;
  heapMb: number;
  /** A command that becomes the JVM by exec, such as the Runner with its arguments; empty for none. */
  through: readonly string[];
}

/**
 * One broker (and controller) as a child process of its own session: Ctrl-C in a terminal does not reach
 * it.
 */
export class JvmBroker implements TestBroker {
  readonly id: number;
  readonly port: number;
  readonly #options: JvmBrokerOptions;
  #child: ChildProcess | undefined;
  #recording: ArchiveRecording | undefined;

  constructor(options: JvmBrokerOptions) {
    this.id = options.id;
    this.port = options.port;
    this.#options = options;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get logFile(): string {
    return join(this.#options.folder, 'server.log');
  }

  async start(o: { timeoutMs?: number } = {}): Promise<void> {
    if (this.#child) throw new Error(`broker ${this.id} is running already`);
    const { folder, settings } = this.#options;
    const config = join(folder, 'server.properties');
    await writeFile(config, propertiesFile(settings));
    const child = this.#spawn(config);
    this.#child = child;
    const ended = new AbortController();
    child.once('error', (cause) => ended.abort(new Error('cannot be started', { cause })));
    child.once('exit', (code, signal) => {
      if (child.pid !== undefined) forgetProcess(child.pid);
      if (this.#child === child) this.#child = undefined;
      this.#recording?.keep();
      this.#recording = undefined;
      ended.abort(new Error(`ended while starting, ${signal ?? `exit code ${code}`}`));
    });
    if (child.pid !== undefined) killAtExit(child.pid);
    try {
      await untilServing('127.0.0.1', this.port, { timeoutMs: o.timeoutMs ?? 180_000, ended: ended.signal });
    } catch (cause) {
      const tail = this.logTail();
      await this.kill();
      throw new Error(`broker ${this.id}: ${(cause as Error).message}\n${tail}`, { cause });
    }
    // From here on its end is the test's business.
    child.unref();
  }

  async restart(): Promise<void> {
    if (this.#child) await this.stop();
    await this.start();
  }

  async stop(o: { timeoutMs?: number } = {}): Promise<void> {
    const child = this.#child;
    if (!child) return;
    const timeoutMs = o.timeoutMs ?? 90_000;
    const timer = new AbortController();
    const ended = this.#end(child, 'SIGTERM').then(() => true);
    const late = sleep(timeoutMs, false, { signal: timer.signal }).catch(() => false);
    const inTime = await Promise.race([ended, late]);
    timer.abort();
    if (inTime) return;
    const tail = this.logTail();
    await this.kill();
    throw new Error(
      `broker ${this.id} did not stop within ${timeoutMs} ms of SIGTERM and was killed\n${tail}`,
    );
  }

  async kill(): Promise<void> {
    if (this.#child) await this.#end(this.#child, 'SIGKILL');
  }

  /**
   * For the end of a cluster: nobody needs its data any more. Who records classes gets time to write them,
   * but not for ever: when the other controllers are killed first, an orderly shutdown waits for a majority
   * that never comes (seen after chaos: 90 s of nothing behind the verdict).
   */
  async discard(): Promise<void> {
    if (this.#recording) await this.stop({ timeoutMs: 20_000 }).catch(() => undefined);
    await this.kill();
  }

  async pause(): Promise<void> {
    this.#signal('SIGSTOP');
    if (this.pid !== undefined) await untilStopped(this.pid);
  }

  resume(): void {
    this.#signal('SIGCONT');
  }

  logTail(lines = 40): string {
    const output = readTail(join(this.#options.folder, 'output.log'), lines);
    return `--- broker ${this.id}, ${this.logFile}\n${readTail(this.logFile, lines)}${output}`;
  }

  #spawn(config: string): ChildProcess {
    const { folder, heapMb, through } = this.#options;
    // Another user, as which the Runner may run it, cannot write there.
    this.#recording = through.length === 0 ? recordClasses() : undefined;
    const java = javaCommand('kafka.Kafka', [config], {
      heapMb,
      recording: this.#recording,
      logConfig: join(import.meta.dirname, 'broker.log4j2.properties'),
      properties: { 'penstock.log': this.logFile, 'kafka.logs.dir': folder },
    });
    const [program, ...args] = [...through, java.program, ...java.args] as [string, ...string[]];
    // What does not go through the log: the JVM's own complaints. A file and no pipe, so that nobody has to
    // read it.
    const output = openSync(join(folder, 'output.log'), 'a');
    try {
      return spawn(program, args, { cwd: folder, detached: true, stdio: ['ignore', output, output] });
    } finally {
      closeSync(output);
    }
  }

  async #end(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.ref();
    const exited = once(child, 'exit');
    child.kill(signal);
    // A paused process gets SIGTERM only when it runs again.
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    await exited;
  }

  #signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (!this.#child?.kill(signal)) throw new Error(`broker ${this.id} is not running`);
  }
}
