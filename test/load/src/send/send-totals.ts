import { Latencies } from './latencies.ts';

/** What became of some part of a run: all of it, or one step of its rate. */
export interface SendProgress {
  /** Events. */
  acknowledged: number;
  refused: number;
  unknown: number;
  /** Requests that were answered 200, and the bytes of their bodies as sent. */
  requests: number;
  bytes: number;
  resends: number;
  elapsedMs: number;
  /**
   * Of requests answered 200, until the answer: from the moment the request was due, or without a rate from
   * its first try.
   */
  latencyMs: { p50: number; p99: number; p999: number; max: number };
  /** How much later than due a request was sent at most: high when there are too few clients for the rate. */
  lateMs: number;
}

export class SendTotals {
  acknowledged = 0;
  refused = 0;
  unknown = 0;
  requests = 0;
  bytes = 0;
  resends = 0;
  lateMs = 0;
  readonly latencies = new Latencies();
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

  progress(): SendProgress {
    const { latencies, acknowledged, refused, unknown, requests, bytes, resends, lateMs } = this;
    return {
      ...{ acknowledged, refused, unknown, requests, bytes, resends, lateMs },
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
