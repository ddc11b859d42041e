import { setTimeout as sleep } from 'node:timers/promises';
import { type Cluster, openCluster } from '@penstock/kafka';
import { startKafka, type TestBroker, type TestKafka } from '@penstock/test-broker';
import { type FaultProxy, startProxiedKafka } from '@penstock/test-faults';
import type { ClusterName } from '../plan/fault-kinds.ts';

const topicsOf: Record<ClusterName, readonly string[]> = {
  datacenter: [
    ...['events.raw', 'events.clean', 'events.seen', 'events.rejected'],
    ...['__consumer_offsets', '__transaction_state'],
  ],
  master: ['events.clean', 'mirror.fra', '__transaction_state'],
};
const inSyncTimeoutMs = 180_000;
const startTries = 3;

/** Three brokers behind fault proxies, and a client that does not go through them. */
export class StagedCluster implements AsyncDisposable {
  readonly name: ClusterName;
  readonly kafka: TestKafka;
  /** In the order of the brokers. */
  readonly proxies: readonly FaultProxy[];
  readonly #dispose: () => PromiseLike<void>;
  /** Topics that were there once: the internal ones come with their first use. */
  readonly #seen = new Set<string>();
  #inside: Cluster | undefined;

  static async start(
    name: ClusterName,
    dataFolderOf: (id: number) => string | undefined,
  ): Promise<StagedCluster> {
    const started = await startProxiedKafka(startKafka, { brokers: 3, name, via: 'jvm', dataFolderOf });
    return new StagedCluster(name, started.kafka, started.proxies, () => started[Symbol.asyncDispose]());
  }

  private constructor(
    name: ClusterName,
    kafka: TestKafka,
    proxies: readonly FaultProxy[],
    dispose: () => PromiseLike<void>,
  ) {
    this.name = name;
    this.kafka = kafka;
    this.proxies = proxies;
    this.#dispose = dispose;
  }

  /** Where clients connect: the proxies. */
  get bootstrap(): readonly string[] {
    return this.kafka.bootstrap;
  }

  /** For whoever watches and judges. No fault of the network is between. */
  async inside(): Promise<Cluster> {
    this.#inside ??= await openCluster({
      bootstrap: this.kafka.inside,
      clientId: 'chaos-watch',
      requestTimeoutMs: 5_000,
    });
    return this.#inside;
  }

  broker(id: number): TestBroker {
    const broker = this.kafka.brokers[id - 1];
    if (!broker) throw new Error(`${this.name} has no broker ${id}`);
    return broker;
  }

  proxy(id: number): FaultProxy {
    const proxy = this.proxies[id - 1];
    if (!proxy) throw new Error(`${this.name} has no broker ${id}`);
    return proxy;
  }

  /** Starts whatever is down, and waits until every replica is in sync. */
  async heal(): Promise<void> {
    await Promise.all(this.proxies.map((proxy) => proxy.pass()));
    for (const broker of this.kafka.brokers) if (broker.pid !== undefined) await broker.resume();
    await this.startDown();
    await this.untilInSync();
  }

  /**
   * Starts whatever is down, all together, and more than once: a broker that waits too long for a majority of
   * controllers ends, and when two are down, none that is started alone can find one. Rejects with the reason
   * of one that did not start even so.
   */
  async startDown(): Promise<void> {
    for (let triesLeft = startTries; ; triesLeft--) {
      const down = this.kafka.brokers.filter((broker) => broker.pid === undefined);
      const starts = await Promise.allSettled(down.map((broker) => broker.start()));
      const failed = starts.find((start) => start.status === 'rejected');
      if (!failed) return;
      if (triesLeft === 1) throw failed.reason;
    }
  }

  async untilInSync(): Promise<void> {
    for (const untilAt = performance.now() + inSyncTimeoutMs; ; await sleep(200)) {
      const behind = await this.#behind();
      if (behind.length === 0) return;
      if (performance.now() > untilAt)
        throw new Error(`${this.name}: not in sync after ${inSyncTimeoutMs / 1_000} s: ${behind.join(', ')}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#inside?.[Symbol.asyncDispose]();
    await this.#dispose();
  }

  async #behind(): Promise<string[]> {
    const names = topicsOf[this.name];
    try {
      const cluster = await this.inside();
      await cluster.refresh(...names);
      return names.filter((name) => {
        const topic = cluster.knownTopic(name);
        if (topic) this.#seen.add(name);
        // A broker that has just started may not know a topic yet: that is no sign of health.
        if (!topic) return this.#seen.has(name);
        return topic.partitions.some(({ inSync }) => inSync !== undefined && inSync < 3);
      });
    } catch (error) {
      return [(error as Error).message];
    }
  }
}
