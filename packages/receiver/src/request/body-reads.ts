import type { IncomingMessage } from 'node:http';
import type { ReceiverConfig } from '../config.ts';
import { BodyPieces } from './body-pieces.ts';
import type { MemoryBudget } from './memory-budget.ts';
import type { ProblemCode } from '../api/problems.ts';

export interface BodyLimits {
  /** From the headers to the last byte. */
  timeoutMs: number;
  /** Asked for after the first two seconds. */
  bytesPerSecondMin: number;
  /** A body may come in so many chunks, and one more for each KiB: a chunk costs 4 us however small it is. */
  chunksMax: number;
}

export function bodyLimits({ body }: ReceiverConfig): BodyLimits {
  const {
    bodyTimeoutMs: timeoutMs,
    bodyBytesPerSecondMin: bytesPerSecondMin,
    bodyChunksMax: chunksMax,
  } = body;
  return { timeoutMs, bytesPerSecondMin, chunksMax };
}

export interface BodyReader {
  /** So many bytes have come, and more may. */
  bodyComes(bytes: number): void;
  /** The length of `body` stays taken from the budget; the caller gives it back. */
  bodyRead(body: Buffer): void;
  /**
   * What was taken from the budget has been given back. `gone`: the client is not there to be answered.
   * `bytes`: what had come.
   */
  bodyFailed(code: ProblemCode, gone: boolean, bytes: number): void;
}

/** Emitted on a request whose body the parser cannot go on with. */
export const malformed = Symbol('malformed');

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
    const read = new BodyRead(request, bytesMax, this.#limits.chunksMax, this.#budget, reader, () =>
      this.#active.delete(read),
    );
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
      const slow = elapsedMs > graceMs && read.pieces.bytes < (bytesPerSecondMin * elapsedMs) / 1000;
      if (slow || elapsedMs > timeoutMs) read.fail('slow-request');
    }
  }
}

class BodyRead {
  readonly startedAt = performance.now();
  readonly pieces = new BodyPieces();
  readonly #request: IncomingMessage;
  readonly #bytesMax: number;
  readonly #chunksMax: number;
  readonly #budget: MemoryBudget;
  readonly #reader: BodyReader;
  readonly #ended: () => void;
  #chunks = 0;

  constructor(
    request: IncomingMessage,
    bytesMax: number,
    chunksMax: number,
    budget: MemoryBudget,
    reader: BodyReader,
    ended: () => void,
  ) {
    this.#request = request;
    this.#bytesMax = bytesMax;
    this.#chunksMax = chunksMax;
    this.#budget = budget;
    this.#reader = reader;
    this.#ended = ended;
    request
      .on('data', this.#onData)
      .on('end', this.#onEnd)
      .on('error', this.#onGone)
      .on(malformed, this.#onMalformed)
      .on('close', this.#onGone);
  }

  fail(code: ProblemCode, { gone = false, bytes = this.pieces.bytes } = {}): void {
    this.#detach();
    this.#budget.giveBack(this.pieces.heldBytes);
    this.#reader.bodyFailed(code, gone, bytes);
  }

  readonly #onData = (chunk: Buffer): void => {
    const { pieces } = this;
    const bytes = pieces.bytes + chunk.length;
    if (bytes > this.#bytesMax) return this.fail('too-large', { bytes });
    this.#chunks += 1;
    if (this.#chunks > this.#chunksMax + pieces.bytes / 1024) return this.fail('too-many-chunks', { bytes });
    if (!this.#budget.take(pieces.costOf(chunk))) return this.fail('memory-full', { bytes });
    pieces.add(chunk);
    this.#reader.bodyComes(bytes);
  };

  readonly #onEnd = (): void => {
    this.#detach();
    const { heldBytes } = this.pieces;
    // Node copies each chunk out of the socket's memory, so a single one may be kept as it is.
    const body = this.pieces.join();
    this.#budget.giveBack(heldBytes - body.length);
    this.#reader.bodyRead(body);
  };

  readonly #onGone = (): void => this.fail('truncated-body', { gone: true });

  readonly #onMalformed = (): void => this.fail('bad-request');

  #detach(): void {
    const request = this.#request;
    request
      .off('data', this.#onData)
      .off('end', this.#onEnd)
      .off('close', this.#onGone)
      .off('error', this.#onGone)
      .off(malformed, this.#onMalformed);
    // A connection that breaks later must not become an unhandled error.
    request.on('error', ignore);
    this.#ended();
  }
}

function ignore(): void {}
