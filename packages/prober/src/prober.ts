import { randomInt } from 'node:crypto';
import type { RecordView } from '@penstock/kafka';
import type { Log, Metrics } from '@penstock/service';
import { violations, type Hop } from './account/findings.ts';
import { ProbeAccount, type HistoryEntry, type Located } from './account/probe-account.ts';
import { Incidents, type Incident } from './alert/incidents.ts';
import { Webhook } from './alert/webhook.ts';
import { readCheckpoint, writeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { datacentersOf, type ProberConfig } from './config.ts';
import { ProberError } from './errors.ts';
import { layoutText, layStreams, type Stream } from './layout.ts';
import { declareProberMetrics, type ProberMetrics } from './metrics.ts';
import { Flow, type Second } from './page/flow.ts';
import { pageView, type PageView } from './page/page-view.ts';
import { encodeProbeId } from './probe/probe-id.ts';
import { expectationOf } from './probe/probe.ts';
import { ProbeSenders } from './probe/senders.ts';
import { wallClockMs } from './wall-clock.ts';
import { openHops, type WatchedHop } from './watch/open-hops.ts';
import { recogniseClean, recogniseRaw } from './watch/recognise.ts';

export interface ProberOptions {
  readonly config: ProberConfig;
  readonly log: Log;
  readonly metrics: Metrics;
  fail(error: unknown): void;
  onHistory?(entry: HistoryEntry): void;
  onFinding?(found: Located): void;
}

const judgeEveryMs = 250;
const checkpointEveryMs = 5_000;

/** Sends probes into every datacenter, reads every hop, keeps the account, and tells what is wrong. */
export class Prober implements AsyncDisposable {
  readonly #options: ProberOptions;
  /** Their names, read from the configuration once: it does not change. */
  readonly #datacenters: readonly string[];
  readonly #streams: readonly Stream[];
  readonly #account: ProbeAccount;
  readonly #metrics: ProberMetrics;
  readonly #incidents: Incidents;
  readonly #senders: ProbeSenders;
  readonly #flow: Flow;
  readonly #run: number;
  readonly #startedAt = performance.now();
  #watched: readonly WatchedHop[] = [];
  /** Why the last checkpoint was not written, if it was not. */
  #checkpointTrouble: string | undefined;
  readonly #stack = new AsyncDisposableStack();

  static async start(options: ProberOptions): Promise<Prober> {
    const { checkpoint: path, keys } = options.config;
    const names = datacentersOf(options.config).map(({ name }) => name);
    const found = path === undefined ? undefined : await readCheckpoint(path, layoutText(names, keys));
    const prober = new Prober(options, names, found?.run ?? randomInt(2 ** 32));
    try {
      await prober.#open(found);
      return prober;
    } catch (error) {
      await prober[Symbol.asyncDispose]();
      throw error;
    }
  }

  private constructor(options: ProberOptions, datacenters: readonly string[], run: number) {
    const { config, log } = options;
    this.#options = options;
    this.#run = run;
    this.#datacenters = datacenters;
    this.#streams = layStreams(datacenters, config.keys);
    this.#flow = new Flow(datacenters);
    const webhook =
      config.webhook === undefined ? undefined : this.#stack.use(new Webhook(config.webhook, log));
    this.#incidents = new Incidents(config.quietMs, (incident) => this.#tell(incident, webhook));
    this.#account = new ProbeAccount({
      datacenterOf: this.#streams.map(({ datacenter }) => datacenter),
      onFinding: (found) => this.#onFinding(found),
      ...(options.onHistory && { onHistory: options.onHistory }),
    });
    this.#metrics = declareProberMetrics(options.metrics, datacenters, {
      open: () => this.#account.open,
      webhookDropped: () => webhook?.dropped ?? 0,
      unprovenSeconds: () => this.#unproven(),
    });
    this.#senders = new ProbeSenders({
      ...{ config, run, streams: this.#streams, account: this.#account },
      onAnswer: (stream, answer) => this.#metrics.answered(stream.datacenter, answer),
      onRefusing: (datacenter) =>
        this.#happened('refusing', datacenter, null, 'no probe was acknowledged lately'),
    });
  }

  get senders(): ProbeSenders {
    return this.#senders;
  }

  get incidents(): Incidents {
    return this.#incidents;
  }

  /** Probes that are neither through nor judged. */
  get open(): number {
    return this.#account.open;
  }

  /** Why nothing can be said for the pipeline, though nothing was found against it. */
  get doubts(): string[] {
    return this.#account.doubts;
  }

  notReady(): string[] {
    const blind = this.#watched.flatMap(({ name, reader }) =>
      reader.trouble === undefined ? [] : [`${name} cannot be read: ${reader.trouble}`],
    );
    return this.#checkpointTrouble === undefined ? blind : [...blind, this.#checkpointTrouble];
  }

  status(): object {
    return {
      run: this.#run,
      open: this.open,
      hops: this.#unproven().map(([name, seconds]) => ({
        name,
        unprovenSeconds: Math.round(seconds * 10) / 10,
      })),
      incidents: { lasting: this.#incidents.lasting, ended: this.#incidents.ended },
    };
  }

  /** For the live page: now, and the last minutes. */
  pageView(): PageView {
    const { incidents, open } = this;
    return pageView({
      datacenters: this.#datacenters,
      watched: this.#watched,
      flow: this.#flow,
      incidents,
      open,
    });
  }

  pageHistory(): readonly Second[] {
    return this.#flow.seconds;
  }

  /** Stops sending; what is under way gets some time for its answer. */
  async drain(): Promise<void> {
    await this.#senders.stop();
    await this.#tryCheckpoint();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#senders.stop();
    await this.#stack.disposeAsync();
  }

  async #open(found: Checkpoint | undefined): Promise<void> {
    const { config, log } = this.#options;
    if (found) this.#restore(found);
    this.#watched = await openHops(
      {
        ...{ config, log, offsets: found?.offsets ?? {}, topicIds: found?.topicIds ?? {} },
        visit: (hop, record) => this.#visit(hop, record),
        onRead: (name, records) => this.#flow.read(name, records),
        onGap: (hop, datacenters, anew) => this.#gap(hop, datacenters, anew),
      },
      this.#stack,
    );
    await this.#checkpoint();
    this.#every(judgeEveryMs, () => this.#judge());
    this.#every(1_000, () => this.#flow.tick());
    this.#every(checkpointEveryMs, () => this.#tryCheckpoint());
  }

  /**
   * A death between two checkpoints forgets what was sent since. Those numbers are used by nobody again:
   * each stream leaves out more than it can have sent in that time (checkConfig holds the rate to it), as
   * probes of unknown fate.
   */
  #restore({ streams, takenAtMs, incidents }: Checkpoint): void {
    const now = performance.now();
    this.#incidents.restore(incidents ?? [], now);
    this.#account.restore(streams, now, Math.max(0, wallClockMs() - takenAtMs));
    for (const { number, route } of this.#streams) {
      for (let left = 0; left < 64; left++) {
        const sequence = this.#account.nextOf(number);
        const expectation = expectationOf(route, sequence);
        this.#account.apply({ at: now, did: 'send', stream: number, sequence, expectation });
        this.#account.apply({ at: now, did: 'answer', stream: number, sequence, answer: 'unknown' });
      }
    }
  }

  #visit(hop: Hop, record: RecordView): void {
    const found =
      hop === 'raw' ? recogniseRaw(record, this.#run) : recogniseClean(record, this.#run, this.#streams);
    if (!found || !this.#streams[found.id.stream]) return;
    const { stream, sequence } = found.id;
    if (found.differences.length > 0) {
      this.#options.log.error(
        { hop, stream, sequence, fields: found.differences },
        'a probe arrived changed',
      );
    }
    const matches = found.differences.length === 0;
    this.#account.apply({ at: performance.now(), did: 'arrive', stream, sequence, hop, matches });
  }

  #gap(hop: Hop, datacenters: readonly string[], anew: boolean): void {
    const at = performance.now();
    for (const datacenter of datacenters) this.#account.apply({ at, did: 'gap', datacenter, hop, anew });
  }

  #judge(): void {
    const now = performance.now();
    for (const name of this.#datacenters) {
      const provenAt = { raw: -Infinity, clean: -Infinity, master: -Infinity };
      for (const { hop, datacenters, reader } of this.#watched) {
        if (datacenters.includes(name)) provenAt[hop] = reader.provenAt - this.#options.config.deadlineMs;
      }
      this.#account.apply({ at: now, did: 'prove', datacenter: name, provenAt });
    }
    for (const { hop, name, datacenters, reader } of this.#watched) {
      const since = Math.max(reader.provenAt, this.#startedAt);
      if (now - since < this.#options.config.blindAfterMs) continue;
      this.#happened(
        'blind',
        datacenters.length > 1 ? 'all' : datacenters[0]!,
        hop,
        reader.trouble ?? `${name} is behind`,
      );
    }
    this.#incidents.settle(now, new Date(wallClockMs()));
  }

  #onFinding(found: Located): void {
    const { kind, datacenter, hop, sequence, stream, latencyMs } = found;
    this.#metrics.found(kind, datacenter, hop);
    this.#flow.found(kind, datacenter, hop, latencyMs);
    if (latencyMs !== undefined) this.#metrics.arrived(datacenter, hop, latencyMs / 1_000);
    this.#options.onFinding?.(found);
    if (!violations.has(kind) && kind !== 'unjudged') return;
    const id = encodeProbeId({ run: this.#run, stream, sequence }).toString('hex');
    this.#happened(kind, datacenter, hop, id);
  }

  #happened(kind: Incident['kind'], datacenter: string, hop: Hop | null, example: string): void {
    this.#incidents.happened(kind, datacenter, hop, example, performance.now(), new Date(wallClockMs()));
  }

  #tell(incident: Incident, webhook: Webhook | undefined): void {
    const { kind, datacenter, hop, count, examples } = incident;
    if (incident.ended) this.#options.log.info({ kind, datacenter, hop, count }, 'an incident has ended');
    else this.#options.log.error({ kind, datacenter, hop, examples }, 'an incident has begun');
    webhook?.tell(incident);
  }

  #unproven(): [string, number][] {
    const now = performance.now();
    return this.#watched.map(({ name, reader }) => [
      name,
      (now - Math.max(reader.provenAt, this.#startedAt)) / 1_000,
    ]);
  }

  /**
   * Once it runs, a full disk must not end the watch: it is then that somebody wants to know what the
   * pipeline does. It costs what a restart would forget, and is not ready.
   */
  async #tryCheckpoint(): Promise<void> {
    try {
      await this.#checkpoint();
      this.#checkpointTrouble = undefined;
    } catch (error) {
      if (!(error instanceof ProberError)) throw error;
      if (this.#checkpointTrouble === undefined)
        this.#options.log.error({ error }, 'no checkpoint is written');
      this.#checkpointTrouble = error.message;
    }
  }

  /** Account and offsets are taken in one turn of the event loop, so they belong together. */
  async #checkpoint(): Promise<void> {
    const { config } = this.#options;
    if (config.checkpoint === undefined) return;
    const now = performance.now();
    await writeCheckpoint(config.checkpoint, {
      run: this.#run,
      layout: layoutText(this.#datacenters, config.keys),
      streams: this.#account.state(now),
      incidents: this.#incidents.state(now),
      offsets: Object.fromEntries(this.#watched.map(({ name, reader }) => [name, reader.offsets()])),
      topicIds: Object.fromEntries(this.#watched.map(({ name, reader }) => [name, reader.topicIds()])),
    });
  }

  #every(intervalMs: number, act: () => void | Promise<void>): void {
    let running: Promise<unknown> = Promise.resolve();
    let busy = false;
    const timer = setInterval(() => {
      if (busy) return;
      busy = true;
      running = Promise.try(act).then(
        () => void (busy = false),
        (error: unknown) => this.#options.fail(error),
      );
    }, intervalMs);
    this.#stack.defer(async () => {
      clearInterval(timer);
      await running;
    });
  }
}
