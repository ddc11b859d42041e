import type { TopicPartition } from '../topic-partition.ts';
import type { ErrorCode } from '../errors/errors.ts';
import type { RefusedRecord } from '../requests/produce.ts';

/**
 * aborted: do the work again, from the positions that Kafka has. The session goes on. fenced: another owner
 * has the transactional id. Drop the work; call `takeOver` only if it is still assigned here. fatal: no retry
 * helps (authorization, an unknown code). End the process.
 */
export type TransactionOutcome = 'aborted' | 'fenced' | 'fatal';

/** A batch that the broker will never take. */
export interface Poison extends TopicPartition {
  /** Its number among the batches appended for its partition in this transaction, from 0. */
  index: number;
  /** The records for whose sake it does not; empty when it names none. */
  records: readonly RefusedRecord[];
  code: ErrorCode;
  /** The broker's words. */
  message: string;
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
  /**
   * The first refused batch of each partition, of those that were answered. It grows until the error is
   * thrown: answers that are under way are waited for. Empty when something else failed first. The error has
   * the code and the message of the first.
   */
  declare readonly poisons: readonly Poison[];
  /** The partitions that took no write for so long that the transaction was given up. */
  readonly stuck: readonly TopicPartition[];
  /** The one partition for which a broker answered a fatal error; undefined: it concerns the whole. */
  readonly partition: TopicPartition | undefined;

  constructor(
    outcome: TransactionOutcome,
    code: ErrorCode,
    message: string,
    details: {
      poisons?: readonly Poison[];
      stuck?: readonly TopicPartition[];
      partition?: TopicPartition;
      cause?: unknown;
    } = {},
  ) {
    super(`${code}: ${message}`, details.cause === undefined ? {} : { cause: details.cause });
    this.outcome = outcome;
    this.code = code;
    this.retryable = outcome === 'aborted';
    // Not for the logs: a broker may name ten thousand records, and the error is logged at every abort.
    Object.defineProperty(this, 'poisons', { value: details.poisons ?? [], enumerable: false });
    this.stuck = details.stuck ?? [];
    this.partition = details.partition;
  }

  /** The first batch that was refused. */
  get poison(): Poison | undefined {
    return this.poisons[0];
  }
}
