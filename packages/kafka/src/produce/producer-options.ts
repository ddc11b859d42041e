import type { Codec } from '../compression/codec.ts';
import type { KafkaError } from '../errors/errors.ts';

/** What became of one batch. There is one callback per batch, and no promise per record. */
export interface Settlement<Token> {
  topic: string;
  partition: number;
  /** Offset of the first record; -1n unless written. */
  baseOffset: bigint;
  /** What was given to `append`, in order. */
  tokens: readonly Token[];
  /**
   * written: every in-sync replica has it. refused: it is certainly not in the log. unknown: it may be in the
   * log or not, so sending it again may double it.
   */
  outcome: 'written' | 'refused' | 'unknown';
  error?: KafkaError;
}

export interface BatchProducerOptions<Token> {
  /** How long a record may wait for others, ms. Default 5; 0 sends at the end of the event loop's turn. */
  lingerMs?: number;
  /**
   * A batch is closed before it grows beyond this, uncompressed. Default 512 KiB. A larger record goes alone.
   */
  batchBytes?: number;
  /**
   * The limit for the memory of everything that is not yet settled: beyond it `append` refuses. It counts
   * memory, not values: 16 KiB blocks for each open batch, and what lists and objects take. Default 64 MiB.
   * With TLS, what is in flight exists a second time, encrypted.
   */
  memoryBytes?: number;
  /**
   * The share of one partition, so that a partition without a leader leaves room for the others. Default: a
   * quarter of `memoryBytes`, but at least room for six batches. A single record that is larger goes alone.
   */
  partitionBytes?: number;
  /**
   * From append to settlement, ms. Default 30 000. What is not acknowledged by then is refused or unknown.
   */
  deliveryTimeoutMs?: number;
  codec?: Codec;
  onSettled(settlement: Settlement<Token>): void;
}
