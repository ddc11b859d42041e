import type { Answer } from '../account/findings.ts';
import type { ProbeAccount } from '../account/probe-account.ts';
import { datacentersOf, type ProberConfig } from '../config.ts';
import type { Stream } from '../layout.ts';
import { pause } from '../pause.ts';
import { probeOf } from './probe.ts';
import { sendProbe, type Target } from './sender.ts';

export interface ProbeSendersOptions {
  readonly config: ProberConfig;
  readonly run: number;
  readonly streams: readonly Stream[];
  readonly account: ProbeAccount;
  onAnswer(stream: Stream, answer: Answer): void;
  /** Nothing was acknowledged there for half a minute, though probes were sent. */
  onRefusing(datacenter: string): void;
}

const refusingAfterMs = 30_000;
const stopWaitMs = 3_000;

/**
 * One loop for each datacenter, at the configured rate, its streams in turn. A stream whose last probe has
 * no answer yet is passed over, so that the order in which its probes are stored is known.
 */
export class ProbeSenders {
  readonly #options: ProbeSendersOptions;
  /** Ends the loops. */
  readonly #enough = new AbortController();
  /** Ends the requests. */
  readonly #stopping = new AbortController();
  readonly #busy = new Set<number>();
  readonly #loops: Promise<void>[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #sent = 0;

  constructor(options: ProbeSendersOptions) {
    this.#options = options;
  }

  /** How many probes were begun. */
  get sent(): number {
    return this.#sent;
  }

  /** Begins to send; `eventsMax` for all datacenters together, default: until it is stopped. */
  start(eventsMax = Infinity): void {
    for (const datacenter of datacentersOf(this.#options.config)) {
      const target = { url: datacenter.receiver, apiKey: this.#options.config.apiKey };
      this.#loops.push(this.#loop(datacenter.name, target, eventsMax));
    }
  }

  /** Settles when all that was to be sent has its answer. */
  async finished(): Promise<void> {
    await Promise.all(this.#loops);
    await Promise.all(this.#underWay);
  }

  /**
   * Begins nothing more; what is under way gets `stopWaitMs` for its answer, and is of unknown fate after
   * that.
   */
  async stop(): Promise<void> {
    this.#enough.abort();
    const deadline = setTimeout(() => this.#stopping.abort(), stopWaitMs);
    await this.finished();
    clearTimeout(deadline);
  }

  async #loop(datacenter: string, target: Target, eventsMax: number): Promise<void> {
    const streams = this.#options.streams.filter((stream) => stream.datacenter === datacenter);
    const intervalMs = 60_000 / this.#options.config.eventsPerMinute;
    const { signal } = this.#enough;
    const health = { acknowledgedAt: performance.now() };
    let dueAt = performance.now();
    for (let turn = 0; !signal.aborted && this.#sent < eventsMax; turn++) {
      const stream = streams[turn % streams.length]!;
      if (this.#busy.has(stream.number) && turn % streams.length !== streams.length - 1) continue;
      await pause(Math.max(0, dueAt - performance.now()), signal);
      if (signal.aborted) return;
      dueAt = Math.max(dueAt + intervalMs, performance.now() - 1_000); // no flood after a stall
      if (performance.now() - health.acknowledgedAt > refusingAfterMs) this.#options.onRefusing(datacenter);
      if (this.#busy.has(stream.number) || this.#sent >= eventsMax) continue;
      this.#sent += 1;
      const sending = this.#send(stream, target, health).finally(() => this.#underWay.delete(sending));
      this.#underWay.add(sending);
    }
  }

  async #send(stream: Stream, target: Target, health: { acknowledgedAt: number }): Promise<void> {
    const { account, config, run } = this.#options;
    const sequence = account.nextOf(stream.number);
    const probe = probeOf({ run, stream: stream.number, sequence }, stream.route);
    const about = { stream: stream.number, sequence };
    this.#busy.add(stream.number);
    account.apply({ at: performance.now(), did: 'send', ...about, expectation: probe.expectation });
    const answer = await sendProbe(target, probe, {
      partitionKey: stream.partitionKey,
      timeoutMs: config.requestTimeoutMs,
      retryMs: config.retryMs,
      signal: this.#stopping.signal,
      onResend: () => account.apply({ at: performance.now(), did: 'resend', ...about }),
    });
    account.apply({ at: performance.now(), did: 'answer', ...about, answer });
    if (answer === 'acknowledged') health.acknowledgedAt = performance.now();
    this.#busy.delete(stream.number);
    this.#options.onAnswer(stream, answer);
  }
}
