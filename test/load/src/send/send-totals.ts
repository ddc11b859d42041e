import { Latencies } from './latencies.ts';

/** What became of some part of a run: all of it, or one step of its rate. */
export interface SendProgress {
  /** Events. */
  acknowledged: number;
  refused: number;
  unknown: number;
  /** Those that were refused, by the status of the answer. */
  refusedBy: Readonly<Record<string, number>>;
  /**
   * Answers below 400 that are not a Receiver's, such as those of a network's login page: nothing is stored.
   * `first`: the beginning of the first one.
   */
  strange: { answers: number; first: string };
  /** Requests that were acknowledged, and the bytes of their bodies as sent. */
  requests: number;
  bytes: number;
  resends: number;
  elapsedMs: number;
  /**
   * Of acknowledged requests, until the answer: from the moment the request was due, or without a rate from
   * its first try.
   */
  latencyMs: { p50: number; p99: number; p999: number; max: number };
  /** How much later than due a request was sent at most: high when there are too few clients for the rate. */
  lateMs: number;
}

/** As of now, while the run goes on. */
export interface LiveProgress extends SendProgress {
  /** Of the requests that were acknowledged since the progress before this one; all 0 when none was. */
  recentLatencyMs: { p50: number; p99: number; max: number };
}

const strangeCharactersMax = 80;

export class SendTotals {
  acknowledged = 0;
  refused = 0;
  unknown = 0;
  requests = 0;
  bytes = 0;
  resends = 0;
  lateMs = 0;
  readonly latencies = new Latencies();
  #strange = { answers: 0, first: '' };
  readonly #refusedBy = new Map<number, number>();
  #recent = new Latencies();
  readonly #startedAt: number;
  #lastAt: number;

  /** `startedAt` is of the monotonic clock. */
  constructor(startedAt: number) {
    this.#startedAt = startedAt;
    this.#lastAt = startedAt;
  }

  /** Something of this part has just happened. */
  touch(): void {
    this.#lastAt = performance.now();
  }

  refusedWith(status: number, events: number): void {
    this.#refusedBy.set(status, (this.#refusedBy.get(status) ?? 0) + events);
  }

  answeredByStranger(status: number, body: string): void {
    const rest = body.length > strangeCharactersMax ? '...' : '';
    const beginning = JSON.stringify(body.slice(0, strangeCharactersMax));
    this.#strange.first ||= `status ${status}, body ${beginning}${rest}`;
    this.#strange.answers++;
    this.touch();
  }

  answered(latencyMs: number, bodyBytes: number): void {
    this.latencies.add(latencyMs);
    this.#recent.add(latencyMs);
    this.requests++;
    this.bytes += bodyBytes;
  }

  /** For the one who watches: `recentLatencyMs` begins anew with each call. */
  live(): LiveProgress {
    const recent = this.#recent;
    this.#recent = new Latencies();
    const [p50, p99] = [recent.quantileMs(0.5), recent.quantileMs(0.99)];
    // Not until the last answer: while none comes, time passes all the same.
    const elapsedMs = performance.now() - this.#startedAt;
    return { ...this.progress(), elapsedMs, recentLatencyMs: { p50, p99, max: recent.maxMs } };
  }

  progress(): SendProgress {
    const { latencies, acknowledged, refused, unknown, requests, bytes, resends, lateMs } = this;
    return {
      ...{ acknowledged, refused, unknown, requests, bytes, resends, lateMs },
      strange: { ...this.#strange },
      refusedBy: Object.fromEntries(this.#refusedBy),
      elapsedMs: this.#lastAt - this.#startedAt,
      latencyMs: {
        p50: latencies.quantileMs(0.5),
        p99: latencies.quantileMs(0.99),
        p999: latencies.quantileMs(0.999),
        max: latencies.maxMs,
      },
    };
  }
}
