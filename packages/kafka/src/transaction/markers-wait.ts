import type { Log } from '../cluster/cluster.ts';
import type { ErrorCode } from '../cluster/errors.ts';

const tellAfterMs = 3_000;
const tellEveryMs = 30_000;

/**
 * How long a transactional id has been held up by its own past: CONCURRENT_TRANSACTIONS, the transaction before is decided and
 * the marker of one of its partitions cannot be written. Usually milliseconds. When a partition dies between the decision
 * and its marker, until it is back: the protocol has no way round, so it is waited for, and told.
 */
export class MarkersWait {
  readonly #log: Log;
  readonly #transactionalId: string;
  #sinceMs = 0;
  #toldMs = 0;

  constructor(log: Log, transactionalId: string) {
    this.#log = log;
    this.#transactionalId = transactionalId;
  }

  /** 0: it does not wait. */
  get ms(): number {
    return this.#sinceMs === 0 ? 0 : Date.now() - this.#sinceMs;
  }

  /** Another answer of the coordinator, or to Produce. */
  note(code: ErrorCode): void {
    if (code !== 'CONCURRENT_TRANSACTIONS') {
      if (code === 'NONE') this.#sinceMs = 0;
      return;
    }
    const nowMs = Date.now();
    this.#sinceMs ||= nowMs;
    if (nowMs - this.#sinceMs < tellAfterMs || nowMs - this.#toldMs < tellEveryMs) return;
    this.#toldMs = nowMs;
    this.#log.warn(
      { transactionalId: this.#transactionalId, waitMs: nowMs - this.#sinceMs },
      'The transaction before is decided, but a partition of it cannot be written: this id waits for its marker',
    );
  }
}
