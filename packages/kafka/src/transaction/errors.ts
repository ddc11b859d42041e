import type { ErrorCode } from '../errors/errors.ts';

/**
 * aborted: do the work again, from the positions that Kafka has. The session goes on. fenced: another owner
 * has the transactional id. Drop the work; call `takeover` only if it is still assigned here. fatal: no retry
 * helps (authorization, an unknown code). End the process.
 */
export type TransactionOutcome = 'aborted' | 'fenced' | 'fatal';

/** A batch that the broker will never take. */
export interface Poison {
  topic: string;
  partition: number;
  /** Its number among the batches appended for its partition in this transaction, from 0. */
  index: number;
}

export interface StuckPartition {
  topic: string;
  partition: number;
}

/**
 * A transaction did not end as asked. Whether it was committed all the same, only Kafka knows: perhaps the
 * answer to EndTxn never came, and then there was another owner. Read the positions there, and never continue
 * from memory.
 */
export class TransactionError extends Error {
  override readonly name = 'TransactionError';
  readonly outcome: TransactionOutcome;
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly poison: Poison | undefined;
  /** The partitions that took no write for so long that the transaction was given up. */
  readonly stuck: readonly StuckPartition[];
  /** The one partition for which a broker answered a fatal error; undefined: it concerns the whole. */
  readonly partition: StuckPartition | undefined;

  constructor(
    outcome: TransactionOutcome,
    code: ErrorCode,
    message: string,
    details: {
      poison?: Poison;
      stuck?: readonly StuckPartition[];
      partition?: StuckPartition;
      cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${message}`, details.cause === undefined ? {} : { cause: details.cause });
    this.outcome = outcome;
    this.code = code;
    this.retryable = outcome === 'aborted';
    this.poison = details.poison;
    this.stuck = details.stuck ?? [];
    this.partition = details.partition;
  }
}
