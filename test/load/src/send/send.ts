import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from 'node:http';
import { Ledger } from '../ledger.ts';
import { arrivalOf, type RateStep } from '../plan/arrivals.ts';
import { planDefaults, planRequests } from '../plan/request-plan.ts';
import type { PlannedRequest, PlanOptions } from '../plan/request-plan.ts';
import { clientAgent, post } from './post.ts';
import type { PostAnswer } from './post.ts';
import { resendWaitMs } from './resend-wait.ts';
import { SendTotals, type LiveProgress, type SendProgress } from './send-totals.ts';

export interface SendOptions extends PlanOptions {
  /**
   * Receivers of one datacenter: a resend goes to the same datacenter. `http://host:port`, in turn by
   * client.
   */
  urls: readonly string[];
  /**
   * Open loop: requests are due by the clock, however slow the answers are. Without it each client sends as
   * fast as it is answered.
   */
  rate?: readonly RateStep[];
  /** A request is given up after so long; its events are then unknown. Default 120 000. */
  resendForMs?: number;
  /** About once a second, and at the end. */
  onProgress?: (progress: LiveProgress) => void;
  /** The address that a client says it has, in X-Forwarded-For. By default it says none. */
  addressOf?: (client: number) => string;
  /** Of all clients; without it none has one. */
  apiKey?: string;
  signal?: AbortSignal;
}

export interface Sent {
  ledger: Ledger;
  total: SendProgress;
  /** One for each step of the rate. */
  steps: SendProgress[];
}

/** Posts the planned events as good clients do, and resends what was not answered. */
export async function send(options: SendOptions): Promise<Sent> {
  const run = new Run(options);
  const ticker = setInterval(() => options.onProgress?.(run.total.live()), 1_000);
  try {
    await run.all();
  } finally {
    clearInterval(ticker);
    options.onProgress?.(run.total.live());
  }
  // A step of fewer events than a request has may have none of its own.
  const steps = Array.from(run.steps, (step) => (step ?? new SendTotals(0)).progress());
  return { ledger: run.ledger, total: run.total.progress(), steps };
}

class Run {
  readonly ledger: Ledger;
  readonly total: SendTotals;
  readonly steps: (SendTotals | undefined)[] = [];
  readonly #options: SendOptions;
  readonly #agent: Agent;
  readonly #queues: PlannedRequest[][];
  readonly #plan: Generator<PlannedRequest>;
  readonly #startedAt = performance.now();
  readonly #startedAtMs = Date.now();

  constructor(options: SendOptions) {
    this.#options = options;
    const clients = options.clients ?? planDefaults.clients;
    this.#agent = clientAgent(clients);
    this.#plan = planRequests(options);
    this.#queues = Array.from({ length: clients }, () => []);
    this.total = new SendTotals(this.#startedAt);
    const { seed, events } = options;
    const startedAtMs = this.#startedAtMs;
    this.ledger = new Ledger({ seed, events, clients, startedAtMs, requests: 0, resends: 0 });
  }

  async all(): Promise<void> {
    try {
      await Promise.all(this.#queues.map((_, client) => this.#client(client)));
    } finally {
      this.#agent.destroy();
    }
  }

  async #client(client: number): Promise<void> {
    for (;;) {
      const planned = this.#next(client);
      if (!planned || this.#options.signal?.aborted) return;
      const { dueAt, totals } = await this.#whenDue(planned.firstEvent);
      if (this.#options.signal?.aborted) return;
      await this.#request(planned, dueAt, totals);
    }
  }

  /** The plan deals requests to clients in turn: what belongs to another waits in its queue. */
  #next(client: number): PlannedRequest | undefined {
    const queue = this.#queues[client] ?? [];
    while (queue.length === 0) {
      const { value, done } = this.#plan.next();
      if (done) return undefined;
      for (const [index, rejected] of value.rejected.entries()) {
        this.ledger.plan(value.firstEvent + index, value.client, rejected ? 'rejected' : 'clean');
      }
      this.#queues[value.client]?.push(value);
    }
    return queue.shift();
  }

  /**
   * Latency counts from the moment a request is due. A client that still waits for the answer before it
   * sends later than that, as the user who waits behind a slow request would see it.
   */
  async #whenDue(event: number): Promise<{ dueAt: number; totals: SendTotals[] }> {
    const { rate, signal } = this.#options;
    if (rate === undefined) return { dueAt: performance.now(), totals: [this.total] };
    const { dueMs, step } = arrivalOf(rate, event);
    const dueAt = this.#startedAt + dueMs;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, signal && { signal }).catch(() => undefined);
    const totals = [this.total, (this.steps[step] ??= new SendTotals(dueAt))];
    for (const each of totals) each.lateMs = Math.max(each.lateMs, -waitMs);
    return { dueAt, totals };
  }

  async #request(planned: PlannedRequest, dueAt: number, totals: readonly SendTotals[]): Promise<void> {
    const untilAt = performance.now() + (this.#options.resendForMs ?? 120_000);
    const occurredAtMs = Date.now() - 1_000;
    this.ledger.header.requests++;
    for (let attempt = 1; ; attempt++) {
      const cut = planned.mode === 'cut' && attempt === 1;
      const answer = await this.#post(planned, occurredAtMs, attempt, cut);
      const { status, retryAfterMs, sentBytes } = answer;
      if (answer.isReceipt) {
        const latencyMs = performance.now() - dueAt;
        for (const each of totals) each.answered(latencyMs, sentBytes);
        if (planned.mode === 'twice') await this.#post(planned, occurredAtMs, attempt + 1, false);
        return this.#note(planned, 'acknowledged', totals);
      }
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        for (const each of totals) each.refusedWith(status, planned.rejected.length);
        return this.#note(planned, 'refused', totals);
      }
      if (status > 0 && status < 400) for (const each of totals) each.answeredByStranger(status, answer.body);
      if (performance.now() > untilAt || this.#options.signal?.aborted) {
        return this.#note(planned, 'unknown', totals);
      }
      this.ledger.header.resends++;
      for (const each of totals) each.resends++;
      if (!cut) await this.#wait(resendWaitMs(attempt, retryAfterMs, Math.random()));
    }
  }

  async #wait(ms: number): Promise<void> {
    const { signal } = this.#options;
    await sleep(ms, undefined, signal && { signal }).catch(() => undefined);
  }

  async #post(
    planned: PlannedRequest,
    occurredAtMs: number,
    attempt: number,
    cut: boolean,
  ): Promise<PostAnswer & { sentBytes: number }> {
    const { urls, addressOf, apiKey } = this.#options;
    const url = urls[(planned.client + attempt) % urls.length] ?? '';
    const body = planned.build(occurredAtMs, Date.now());
    const partitionKey = `client-${planned.client}`;
    const forwardedFor = addressOf?.(planned.client);
    const answer = await post(url, body, {
      ...{ agent: this.#agent, partitionKey, attempt, cut },
      ...(forwardedFor !== undefined && { forwardedFor }),
      ...(apiKey !== undefined && { apiKey }),
    });
    return { ...answer, sentBytes: body.body.length };
  }

  #note(
    planned: PlannedRequest,
    outcome: 'acknowledged' | 'refused' | 'unknown',
    totals: readonly SendTotals[],
  ): void {
    const events = planned.rejected.length;
    for (let index = 0; index < events; index++) this.ledger.note(planned.firstEvent + index, outcome);
    for (const each of totals) {
      each[outcome] += events;
      each.touch();
    }
  }
}
