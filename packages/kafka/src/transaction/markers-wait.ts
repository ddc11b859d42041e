import type { Log } from '../cluster/cluster.ts';
import type { ErrorCode } from '../errors/errors.ts';

const tellAfterMs = 3_000;
const tellEveryMs = 30_000;

/**
 * How long a transactional id has been blocked by its previous transaction (CONCURRENT_TRANSACTIONS): that
 * one is decided, but one of its partitions does not take its marker. Usually this lasts milliseconds. If a
 * partition dies between the decision and its marker, it lasts until the partition is back. The protocol has
 * no way round, so this class only reports it.
 */
export class MarkersWait {
  readonly #log: Log;
  readonly #transactionalId: string;
  #sinceAt: number | undefined;
  #toldAt = -Infinity;

  constructor(log: Log, transactionalId: string) {
    this.#log = log;
    this.#transactionalId = transactionalId;
  }

  /** 0: it is not blocked. */
  get ms(): number {
    return this.#sinceAt === undefined ? 0 : performance.now() - this.#sinceAt;
  }

  /** Takes the code of every answer of the coordinator, and of every answer to Produce. */
  note(code: ErrorCode): void {
    if (code !== 'CONCURRENT_TRANSACTIONS') {
      if (code === 'NONE') this.#sinceAt = undefined;
      return;
    }
    const now = performance.now();
    this.#sinceAt ??= now;
    if (this.ms < tellAfterMs || now - this.#toldAt < tellEveryMs) return;
    this.#toldAt = now;
    this.#log.warn(
      { transactionalId: this.#transactionalId, waitMs: Math.round(this.ms) },
      'the previous transaction is decided, but one of its partitions takes no marker: this id waits for it',
    );
  }
}
