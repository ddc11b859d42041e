import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { getContainerRuntimeClient } from 'testcontainers';
import { tellingLines } from '../broker/log-tail.ts';
import { untilServing } from '../broker/readiness.ts';
import type { TestBroker } from '../test-kafka.ts';

/** One broker of the image apache/kafka. The container keeps its files and its port while it is down. */
export class ContainerBroker implements TestBroker {
  readonly id: number;
  readonly port: number;
  readonly pid = undefined;
  readonly logFile = undefined;
  readonly #host: string;
  readonly #containerId: string;
  readonly #log: string[] = [];

  constructor(o: { id: number; host: string; port: number; containerId: string }) {
    this.id = o.id;
    this.port = o.port;
    this.#host = o.host;
    this.#containerId = o.containerId;
  }

  async start(o: { timeoutMs?: number } = {}): Promise<void> {
    const { container } = await this.#client();
    await container.start();
    await this.untilReady(o.timeoutMs ?? 180_000);
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async stop(o: { timeoutMs?: number } = {}): Promise<void> {
    const { container } = await this.#client();
    const { State: state } = await container.inspect();
    if (!state.Running) return;
    if (state.Paused) await container.unpause();
    await container.stop({ t: Math.ceil((o.timeoutMs ?? 90_000) / 1_000) });
    const { State: after } = await container.inspect();
    if (after.ExitCode === 137)
      throw new Error(`broker ${this.id} did not stop and was killed\n${this.logTail()}`);
  }

  async kill(): Promise<void> {
    const { container } = await this.#client();
    const { State: state } = await container.inspect();
    if (!state.Running) return;
    const ended = container.wait();
    await container.kill();
    await ended;
  }

  async pause(): Promise<void> {
    const { container } = await this.#client();
    await container.pause();
  }

  async resume(): Promise<void> {
    const { container } = await this.#client();
    await container.unpause();
  }

  logTail(lines = 40): string {
    const told = tellingLines(this.#log, lines).join('\n');
    return `--- broker ${this.id}, container ${this.#containerId}\n${told}`;
  }

  /** Follows the log of this start and waits for the first answer. */
  async untilReady(timeoutMs: number): Promise<void> {
    const { container, client } = await this.#client();
    this.#follow(await client.container.logs(container, { tail: 100 }));
    const ended = new AbortController();
    // Settles at its end, which may be long after.
    void container.wait().then(
      ({ StatusCode: code }: { StatusCode: number }) =>
        ended.abort(new Error(`ended while starting, exit code ${code}`)),
      (cause: Error) => ended.abort(cause),
    );
    try {
      await untilServing(this.#host, this.port, { timeoutMs, ended: ended.signal });
    } catch (cause) {
      throw new Error(`broker ${this.id}: ${(cause as Error).message}\n${this.logTail()}`, { cause });
    }
  }

  #follow(log: Readable): void {
    log.on('error', () => undefined);
    createInterface({ input: log }).on('line', (line) => {
      this.#log.push(line);
      if (this.#log.length > 1_000) this.#log.splice(0, 500);
    });
  }

  async #client() {
    const client = await getContainerRuntimeClient();
    return { client, container: client.container.getById(this.#containerId) };
  }
}
