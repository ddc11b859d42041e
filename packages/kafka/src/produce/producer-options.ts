import type { Codec } from '../bytes/codec.ts';
import type { KafkaError } from '../cluster/errors.ts';

/** What became of one batch. Reported once per batch, in a callback: no Promise per record. */
export interface Settlement {
  topic: string;
  partition: number;
  /** Offset of the first record; -1n unless written. */
  baseOffset: bigint;
  /** What was given to `append`, in order. */
  tokens: readonly unknown[];
  /**
   * written: every in-sync replica has it. refused: certainly not in the log. unknown: it may be there or not; whoever
   * sends it again may double it.
   */
  outcome: 'written' | 'refused' | 'unknown';
  error?: KafkaError;
}

export interface BatchProducerOptions {
  /** How long a record may wait for others, ms. Default 5; 0 sends at the end of the turn. */
  lingerMs?: number;
  /** A batch is closed when it would grow beyond this before compression. Default 512 KiB; a larger record goes alone. */
  batchBytes?: number;
  /**
   * Most memory of what is not yet settled: `append` refuses beyond it. Memory is counted, not values: in blocks of 16 KiB per open batch,
   * with what lists and objects take. Default 64 MiB. Over TLS, what is in flight exists once more, encrypted.
   */
  memoryBytes?: number;
  /**
   * The share of one partition, so that one without a leader leaves room for the others. Default a quarter of `memoryBytes`, but
   * room for six batches if there is any. A single record that is larger passes alone.
   */
  partitionBytes?: number;
  /** From append to settlement, ms. Default 30 000. What is not acknowledged by then is refused or unknown. */
  deliveryTimeoutMs?: number;
  codec?: Codec;
  onSettled(settlement: Settlement): void;
}
