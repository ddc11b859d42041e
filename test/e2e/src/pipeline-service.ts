import { type Exit, runToEnd, serviceCommand, ServiceProcess, throughRunner } from '@penstock/test-process';

export interface PipelineServiceOptions {
  /** Package folder under packages/. */
  service: 'receiver' | 'input-filter' | 'mirror';
  env: Record<string, string>;
  logFile: string;
}

/** One service as operators run it, started by the Runner. It can be killed and started again. */
export class PipelineService implements AsyncDisposable {
  readonly #options: PipelineServiceOptions;
  #process: ServiceProcess | undefined;

  constructor({ env, ...options }: PipelineServiceOptions) {
    this.#options = { ...options, env: { PATH: process.env['PATH'] ?? '', ...env } };
  }

  /** Undefined before the first start. */
  get process(): ServiceProcess | undefined {
    return this.#process;
  }

  /** Settles when /readyz says 200. */
  async start(): Promise<void> {
    const { service, env, logFile } = this.#options;
    const command = throughRunner(serviceCommand(service));
    this.#process = new ServiceProcess({ name: service, command, env, logFile });
    await this.#process.untilReady({ timeoutMs: 120_000 });
  }

  /**
   * Runs the same program with other arguments to its end, such as `mirror init`. Rejects unless it exits
   * 0.
   */
  async run(...args: string[]): Promise<void> {
    const { service, env } = this.#options;
    const command = throughRunner(serviceCommand(service, ...args));
    const { exitCode, stdout, stderr } = await runToEnd(command, { env });
    if (exitCode === 0) return;
    throw new Error(`${service} ${args.join(' ')} ended with ${exitCode}:\n${stdout}${stderr}`);
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  async stop(): Promise<Exit | undefined> {
    return this.#process?.stop();
  }

  /** Of the last start. */
  logTail(lines?: number): string {
    return this.#process?.outputTail(lines) ?? '';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
