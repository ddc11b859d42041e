import { join } from 'node:path';
import { freePort, packageOf, type PipelineClusters, serviceEnvironment } from '@penstock/e2e';
import { serviceCommand, throughRunner } from '@penstock/test-process';
import type { ServiceName } from '../plan/fault-kinds.ts';
import { ServiceClock } from './clock.ts';
import { Supervised, type UnbiddenEnd } from './supervised.ts';

export interface CrewOptions {
  service: ServiceName;
  instances: number;
  clusters: PipelineClusters;
  /** Logs are kept here. */
  logFolder: string;
  /** What the clocks are off by. */
  clockFolder: string;
  env?: Record<string, string>;
}

/** All instances of one service. Each is started by the Runner and kept as an init daemon would. */
export class Crew implements AsyncDisposable {
  /** Where the Receivers take events; it changes with scaling. Empty for other services. */
  readonly urls: string[] = [];
  readonly members: Supervised[] = [];
  readonly #options: CrewOptions;
  readonly #clocks = new Map<number, ServiceClock>();
  readonly #ended: UnbiddenEnd[] = [];
  /** Everybody who was ever started: none may outlive the crew, whoever of them is a member by then. */
  readonly #started: Supervised[] = [];

  constructor(options: CrewOptions) {
    this.#options = options;
  }

  get service(): ServiceName {
    return this.#options.service;
  }

  /** Ends that nobody asked for, also of instances that are gone. */
  get unbidden(): UnbiddenEnd[] {
    return [...this.#ended, ...this.members.flatMap(({ unbidden }) => unbidden)];
  }

  /** Settles when all are ready. */
  async start(): Promise<void> {
    await Promise.all(Array.from({ length: this.#options.instances }, () => this.add()));
  }

  /** One more; settles when it is ready. */
  async add(): Promise<void> {
    const { service, clusters, logFolder, env } = this.#options;
    const [node = '', ...program] = serviceCommand(packageOf[service]);
    const own = service === 'receiver' ? await this.#listen() : undefined;
    // From here to its place among the members nothing is awaited: two who join at once get two numbers.
    const instance = this.members.length + 1;
    const name = `${service}-${instance}`;
    const member = new Supervised({
      name,
      command: throughRunner([node, ...this.clock(instance).nodeArguments, ...program]),
      env: {
        PATH: process.env['PATH'] ?? '',
        ...serviceEnvironment(service, instance, clusters),
        ...env,
        ...own?.env,
      },
      logFile: join(logFolder, `${name}.log`),
    });
    this.members.push(member);
    this.#started.push(member);
    await member.start();
    if (own) this.urls.push(own.url);
  }

  /** The last one is told to stop, and is not started again. */
  async remove(): Promise<void> {
    const member = this.members.pop();
    if (this.service === 'receiver') this.urls.pop();
    if (!member) return;
    try {
      const exit = await member.retire();
      if (exit?.code !== 0) throw new Error(`${member.name} did not stop in order: ${JSON.stringify(exit)}`);
    } finally {
      this.#ended.push(...member.unbidden);
      await member[Symbol.asyncDispose]();
    }
  }

  /** Those that a fault strikes. */
  chosen(instance: number | 'all'): Supervised[] {
    return this.members.filter((_, index) => instance === 'all' || index === instance - 1);
  }

  clock(instance: number): ServiceClock {
    const known = this.#clocks.get(instance);
    if (known) return known;
    const clock = new ServiceClock(this.#options.clockFolder, `${this.service}-${instance}`);
    this.#clocks.set(instance, clock);
    return clock;
  }

  async untilReady(): Promise<void> {
    await Promise.all(this.members.map((member) => member.untilReady()));
  }

  async heal(): Promise<void> {
    await Promise.all([...this.#clocks.values()].map((clock) => clock.setRight()));
    for (const member of this.members) member.resume();
    await this.untilReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map((member) => member[Symbol.asyncDispose]()));
  }

  async #listen(): Promise<{ env: Record<string, string>; url: string }> {
    const address = `127.0.0.1:${await freePort()}`;
    return { env: { PENSTOCK_RECEIVER_LISTEN: address }, url: `http://${address}` };
  }
}
