/** Rates of one kind of sender, of requests and of bytes. 0: no limit. */
export interface QuotaRates {
  requestsPerSecond: number;
  bytesPerSecond: number;
}

interface Bucket {
  requests: number;
  bytes: number;
  at: number;
}

/** What a sender that was quiet may send at once, in seconds of its rate. */
const burstSeconds = 2;

/**
 * Rates for each sender, in this process. A sender may go into debt with one request, whose length may not be
 * known before, and then waits until it is paid. At most `sendersMax` are remembered: the one that was quiet
 * longest is forgotten first, and begins anew. Times are those of `performance.now()`.
 */
export class Quota {
  readonly #rates: QuotaRates;
  readonly #sendersMax: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(rates: QuotaRates, sendersMax: number) {
    this.#rates = rates;
    this.#sendersMax = sendersMax;
  }

  get senders(): number {
    return this.#buckets.size;
  }

  /** Whether this sender may send one more request; if so, it is counted. */
  admits(sender: string, now: number): boolean {
    if (!this.#isLimited) return true;
    const bucket = this.#bucketOf(sender, now);
    const { requestsPerSecond, bytesPerSecond } = this.#rates;
    if (requestsPerSecond > 0 && bucket.requests < 1) return false;
    if (bytesPerSecond > 0 && bucket.bytes <= 0) return false;
    bucket.requests -= 1;
    return true;
  }

  /** Bytes of the body of an admitted request; negative: fewer came than were charged. */
  charge(sender: string, bytes: number, now: number): void {
    if (this.#isLimited) this.#bucketOf(sender, now).bytes -= bytes;
  }

  get #isLimited(): boolean {
    return this.#rates.requestsPerSecond > 0 || this.#rates.bytesPerSecond > 0;
  }

  #bucketOf(sender: string, now: number): Bucket {
    const { requestsPerSecond, bytesPerSecond } = this.#rates;
    const requestsMax = Math.max(1, requestsPerSecond * burstSeconds);
    const bytesMax = bytesPerSecond * burstSeconds;
    const bucket = this.#buckets.get(sender) ?? { requests: requestsMax, bytes: bytesMax, at: now };
    const seconds = (now - bucket.at) / 1000;
    bucket.requests = Math.min(requestsMax, bucket.requests + requestsPerSecond * seconds);
    bucket.bytes = Math.min(bytesMax, bucket.bytes + bytesPerSecond * seconds);
    bucket.at = now;
    // Behind all others: a Map keeps the order in which its keys were put in.
    this.#buckets.delete(sender);
    this.#buckets.set(sender, bucket);
    if (this.#buckets.size > this.#sendersMax) {
      const [quietest] = this.#buckets.keys();
      this.#buckets.delete(quietest!);
    }
    return bucket;
  }
}
