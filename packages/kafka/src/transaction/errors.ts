import type { ErrorCode } from '../cluster/errors.ts';

/**
 * aborted: the work must be done again from the positions that Kafka has; the session goes on.
 * fenced: another owner has the transactional id; drop the work, and `takeover` only when still assigned.
 * fatal: no retry helps (authorization, a code this version does not know): end the process.
 */
export type TransactionOutcome = 'aborted' | 'fenced' | 'fatal';

/** A batch that the broker will never take, by its place among the batches appended for its partition. */
export interface Poison {
  topic: string;
  partition: number;
  index: number;
}

export interface StuckPartition {
  topic: string;
  partition: number;
}

/**
 * A transaction did not end as asked. Whether it was committed all the same (an answer to EndTxn that never came, then
 * another owner) only Kafka knows: read the positions there, never go on from memory.
 */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly outcome: TransactionOutcome;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly poison: Poison | undefined;
  /** The partitions that could not be written for so long that the transaction was given up. */
  readonly stuck: readonly StuckPartition[];

  constructor(
    outcome: TransactionOutcome,
    code: ErrorCode,
    message: string,
    details: { poison?: Poison; stuck?: readonly StuckPartition[]; cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, details.cause === undefined ? {} : { cause: details.cause });
    this.outcome = outcome;
    this.code = code;
    this.retryable = outcome === 'aborted';
    this.poison = details.poison;
    this.stuck = details.stuck ?? [];
  }
}
