import { setTimeout as sleep } from 'node:timers/promises';
import type { Agent } from 'node:http';
import { Ledger } from './ledger.ts';
import { clientAgent, post } from './post.ts';
import { planDefaults, planRequests } from './request-plan.ts';
import type { PlannedRequest, PlanOptions } from './request-plan.ts';

export interface SendOptions extends PlanOptions {
  /**
   * Receivers of one datacenter: a resend goes to the same datacenter. `http://host:port`, in turn by
   * client.
   */
  urls: readonly string[];
  /** Open loop: events a second over all clients; without it each client sends as fast as it is answered. */
  eventsPerSecond?: number;
  /** A request is given up after so long; its events are then unknown. Default 120 000. */
  resendForMs?: number;
  onProgress?: (progress: SendProgress) => void;
  signal?: AbortSignal;
}

export interface SendProgress {
  acknowledged: number;
  refused: number;
  unknown: number;
  resends: number;
  elapsedMs: number;
  /** Of requests answered 200, first try to answer, ms. */
  latencyMs: { p50: number; p99: number; max: number };
}

/** Posts the planned events as good clients do, resending what was not answered, and answers the ledger. */
export async function send(options: SendOptions): Promise<Ledger> {
  const run = new Run(options);
  const ticker = setInterval(() => options.onProgress?.(run.progress()), 1_000);
  try {
    await run.all();
  } finally {
    clearInterval(ticker);
    options.onProgress?.(run.progress());
  }
  return run.ledger;
}

class Run {
  readonly ledger: Ledger;
  readonly #options: SendOptions;
  readonly #agent: Agent;
  readonly #queues: PlannedRequest[][];
  readonly #plan: Generator<PlannedRequest>;
  readonly #latenciesMs: number[] = [];
  readonly #startedAt = Date.now();
  #acknowledged = 0;
  #refused = 0;
  #unknown = 0;
  #sentEvents = 0;

  constructor(options: SendOptions) {
    this.#options = options;
    const clients = options.clients ?? planDefaults.clients;
    this.#agent = clientAgent(clients);
    this.#plan = planRequests(options);
    this.#queues = Array.from({ length: clients }, () => []);
    this.ledger = new Ledger({
      seed: options.seed,
      events: options.events,
      clients,
      startedAtMs: this.#startedAt,
      requests: 0,
      resends: 0,
    });
  }

  async all(): Promise<void> {
    try {
      await Promise.all(this.#queues.map((_, client) => this.#client(client)));
    } finally {
      this.#agent.destroy();
    }
  }

  progress(): SendProgress {
    const sorted = this.#latenciesMs.toSorted((a, b) => a - b);
    const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
    return {
      acknowledged: this.#acknowledged,
      refused: this.#refused,
      unknown: this.#unknown,
      resends: this.ledger.header.resends,
      elapsedMs: Date.now() - this.#startedAt,
      latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    };
  }

  async #client(client: number): Promise<void> {
    for (;;) {
      const planned = this.#next(client);
      if (!planned || this.#options.signal?.aborted) return;
      await this.#scheduled();
      await this.#request(planned);
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

  /** Open loop: arrivals are by the clock, not by answers, or slow answers would hide themselves. */
  async #scheduled(): Promise<void> {
    const rate = this.#options.eventsPerSecond;
    if (!rate) return;
    const due = this.#startedAt + (this.#sentEvents / rate) * 1_000;
    this.#sentEvents += this.#options.eventsPerRequest ?? planDefaults.eventsPerRequest;
    const waitMs = due - Date.now();
    if (waitMs > 0) await sleep(waitMs);
  }

  async #request(planned: PlannedRequest): Promise<void> {
    const startedAt = Date.now();
    const until = startedAt + (this.#options.resendForMs ?? 120_000);
    this.ledger.header.requests++;
    for (let attempt = 1; ; attempt++) {
      const cut = planned.mode === 'cut' && attempt === 1;
      const status = await this.#post(planned, startedAt, attempt, cut);
      if (status === 200) {
        this.#latenciesMs.push(Date.now() - startedAt);
        if (planned.mode === 'twice') await this.#post(planned, startedAt, attempt + 1, false);
        this.#acknowledged += this.#note(planned, 'acknowledged');
        return;
      }
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        this.#refused += this.#note(planned, 'refused');
        return;
      }
      if (Date.now() > until || this.#options.signal?.aborted) {
        this.#unknown += this.#note(planned, 'unknown');
        return;
      }
      this.ledger.header.resends++;
      if (!cut) await sleep(Math.min(2_000, 50 * 2 ** Math.min(attempt, 6)) * (0.5 + Math.random()));
    }
  }

  async #post(planned: PlannedRequest, startedAt: number, attempt: number, cut: boolean): Promise<number> {
    const { urls } = this.#options;
    const url = urls[(planned.client + attempt) % urls.length] ?? '';
    const answer = await post(url, planned.build(startedAt - 1_000, Date.now()), {
      agent: this.#agent,
      partitionKey: `client-${planned.client}`,
      attempt,
      cut,
    });
    return answer.status;
  }

  #note(planned: PlannedRequest, outcome: 'acknowledged' | 'refused' | 'unknown'): number {
    const events = planned.rejected.length;
    for (let index = 0; index < events; index++) this.ledger.note(planned.firstEvent + index, outcome);
    return events;
  }
}
