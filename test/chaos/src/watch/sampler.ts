import { type LiveProgress, type Usage, UsageMeter } from '@penstock/load';
import type { Stage } from '../stage/stage.ts';
import { groupLag } from './group-lag.ts';
import { TopicCounter } from './topic-counter.ts';

/** What was seen in one second. Undefined: nobody could say. */
export interface Sample {
  /** Seconds from the start of the load. */
  second: number;
  acknowledgedPerSecond: number;
  resendsPerSecond: number;
  /** Of the requests answered in this second. */
  latencyMs: { p50: number; p99: number } | undefined;
  /** Requests in raw that the filters have not committed. */
  filterLag: number | undefined;
  /** Events in the datacenter's clean topic that are not in the master's. */
  mirrorLag: number;
  masterPerSecond: number;
  processes: Record<string, Usage>;
}

/** Watches once a second, from inside the clusters: no fault of the network blinds it. */
export class Sampler implements AsyncDisposable {
  readonly samples: Sample[] = [];
  readonly #stage: Stage;
  readonly #startedAt: number;
  readonly #clean: TopicCounter;
  readonly #master: TopicCounter;
  readonly #usage = new UsageMeter();
  #before = { at: 0, acknowledged: 0, resends: 0, master: 0 };
  #filterLag: number | undefined;
  #asking: Promise<void> | undefined;

  static async start(stage: Stage, startedAt: number): Promise<Sampler> {
    const { datacenter, master } = stage.clusters;
    const sampler = new Sampler(stage, startedAt, [
      new TopicCounter(await datacenter.inside(), 'events.clean'),
      new TopicCounter(await master.inside(), 'events.clean'),
    ]);
    await Promise.all([sampler.#clean.start(), sampler.#master.start()]);
    return sampler;
  }

  private constructor(stage: Stage, startedAt: number, counters: readonly [TopicCounter, TopicCounter]) {
    this.#stage = stage;
    this.#startedAt = startedAt;
    [this.#clean, this.#master] = counters;
    this.#before.at = startedAt;
  }

  /** Called with each progress of the sender. */
  async note(progress: LiveProgress): Promise<void> {
    const at = performance.now();
    const { acknowledged, resends, recentLatencyMs } = progress;
    const [before, passed, master] = [this.#before, (at - this.#before.at) / 1_000, this.#master.records];
    // The sender's last word may come right behind the one before it.
    if (passed < 0.3) return;
    this.#before = { at, acknowledged, resends, master };
    this.#askForLag();
    const perSecond = (now: number, then: number): number => Math.round((now - then) / passed);
    const { p50, p99 } = recentLatencyMs;
    this.samples.push({
      second: (at - this.#startedAt) / 1_000,
      acknowledgedPerSecond: perSecond(acknowledged, before.acknowledged),
      resendsPerSecond: perSecond(resends, before.resends),
      latencyMs: acknowledged > before.acknowledged ? { p50, p99 } : undefined,
      filterLag: this.#filterLag,
      mirrorLag: Math.max(0, this.#clean.records - master),
      masterPerSecond: perSecond(master, before.master),
      processes: await this.#measure(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#clean[Symbol.asyncDispose](), this.#master[Symbol.asyncDispose]()]);
    await this.#asking;
  }

  /** The answer is for the next sample: brokers that are being broken let us wait. */
  #askForLag(): void {
    this.#asking ??= this.#stage.clusters.datacenter
      .inside()
      .then(async (cluster) => {
        this.#filterLag = await groupLag(cluster, 'input-filter', 'events.raw');
      })
      .finally(() => (this.#asking = undefined));
  }

  async #measure(): Promise<Record<string, Usage>> {
    const { crews, clusters } = this.#stage;
    const processes: [string, number | undefined][] = [
      ['chaos itself', process.pid],
      ...Object.values(crews).flatMap(({ members }) =>
        members.map(({ name, pid }): [string, number | undefined] => [name, pid]),
      ),
      ...Object.values(clusters).flatMap(({ name, kafka }) =>
        kafka.brokers.map(({ id, pid }): [string, number | undefined] => [`${name} broker ${id}`, pid]),
      ),
    ];
    const found = await Promise.all(
      processes.map(async ([name, pid]) => [name, pid && (await this.#usage.measure(pid))] as const),
    );
    return Object.fromEntries(found.flatMap(([name, usage]) => (usage ? [[name, usage]] : [])));
  }
}
