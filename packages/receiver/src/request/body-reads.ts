import type { IncomingMessage } from 'node:http';
import type { MemoryBudget } from './memory-budget.ts';
import type { ProblemCode } from '../api/problems.ts';

export interface BodyLimits {
  /** From the headers to the last byte. */
  timeoutMs: number;
  /** Asked for after the first two seconds. */
  bytesPerSecondMin: number;
}

export interface BodyReader {
  /** `bytes` stay taken from the budget; the caller gives them back. */
  bodyRead(body: Buffer): void;
  /** What was taken from the budget has been given back. `gone`: the client is not there to be answered. */
  bodyFailed(code: ProblemCode, gone: boolean): void;
}

const graceMs = 2_000;
const sweepMs = 250;

/**
 * Reads request bodies within limits. One timer watches all of them: most bodies arrive with their headers,
 * and a timer for each would cost more than the reading.
 */
export class BodyReads implements Disposable {
  readonly #budget: MemoryBudget;
  readonly #limits: BodyLimits;
  readonly #active = new Set<BodyRead>();
  readonly #sweep: NodeJS.Timeout;

  constructor(budget: MemoryBudget, limits: BodyLimits) {
    this.#budget = budget;
    this.#limits = limits;
    this.#sweep = setInterval(() => this.#failSlowOnes(performance.now()), sweepMs).unref();
  }

  get active(): number {
    return this.#active.size;
  }

  /**
   * `bytesMax`: a longer body fails with too-large at the byte that exceeds it, whatever its content-length
   * says.
   */
  start(request: IncomingMessage, bytesMax: number, reader: BodyReader): void {
    const read = new BodyRead(request, bytesMax, this.#budget, reader, () => this.#active.delete(read));
    this.#active.add(read);
  }

  /** Ends every read; the clients are told `code`. */
  failAll(code: ProblemCode): void {
    for (const read of this.#active) read.fail(code);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#sweep);
  }

  #failSlowOnes(now: number): void {
    const { timeoutMs, bytesPerSecondMin } = this.#limits;
    for (const read of this.#active) {
      const elapsedMs = now - read.startedAt;
      const slow = elapsedMs > graceMs && read.bytes < (bytesPerSecondMin * elapsedMs) / 1000;
      if (slow || elapsedMs > timeoutMs) read.fail('slow-request');
    }
  }
}

class BodyRead {
  readonly startedAt = performance.now();
  bytes = 0;
  readonly #request: IncomingMessage;
  readonly #bytesMax: number;
  readonly #budget: MemoryBudget;
  readonly #reader: BodyReader;
  readonly #ended: () => void;
  #chunks: Buffer[] = [];

  constructor(
    request: IncomingMessage,
    bytesMax: number,
    budget: MemoryBudget,
    reader: BodyReader,
    ended: () => void,
  ) {
    this.#request = request;
    this.#bytesMax = bytesMax;
    this.#budget = budget;
    this.#reader = reader;
    this.#ended = ended;
    request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onGone)
      .on('close', this.#onGone);
  }

  fail(code: ProblemCode, gone = false): void {
    this.#detach();
    this.#budget.giveBack(this.bytes);
    this.#chunks = [];
    this.#reader.bodyFailed(code, gone);
  }

  readonly #onData = (chunk: Buffer): void => {
    if (this.bytes + chunk.length > this.#bytesMax) return this.fail('too-large');
    if (!this.#budget.take(chunk.length)) return this.fail('memory-full');
    this.bytes += chunk.length;
    this.#chunks.push(chunk);
  };

  readonly #onEnd = (): void => {
    this.#detach();
    // Node copies each chunk out of the socket's memory, so a single one may be kept as it is.
    const [first] = this.#chunks;
    this.#reader.bodyRead(
      first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks, this.bytes),
    );
  };

  readonly #onGone = (): void => this.fail('truncated-body', true);

  #detach(): void {
    const request = this.#request;
    request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onGone)
      .off('error', this.#onGone);
    // A connection that breaks later must not become an unhandled error.
    request.on('error', ignore);
    this.#ended();
  }
}

function ignore(): void {}
