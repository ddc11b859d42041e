import type { GrowingBatch } from '../bytes/growing-batch.ts';
import type { BatchFields } from '../bytes/sign-batch.ts';
import type { Lane, SendableBatch } from './lane.ts';

/** One partition as the idempotent producer sees it. */
export interface ProducerPartition {
  readonly lane: Lane<ProducerBatch>;
  /** What is appended goes here. */
  open: OpenBatch | undefined;
  /** It is already noted for the next end of the linger time. */
  lingers: boolean;
  /** Memory of all its batches, the open one included. */
  heldBytes: number;
  stamp: PartitionStamp | undefined;
}

/** A batch that still grows. */
export interface OpenBatch {
  records: GrowingBatch;
  tokens: unknown[];
  heldBytes: number;
  /** Of its first record, ms. */
  deadline: number;
}

export interface ProducerBatch extends SendableBatch {
  fields: BatchFields;
  /** Of the records as they are sent. */
  recordsCrc: number;
  /** Producer, sequence and checksum are in its header. */
  signed: boolean;
  tokens: readonly unknown[];
  /** Memory of the pool below `parts`; empty when it was compressed or is given back. */
  blocks: readonly Buffer[];
  /** What it counts in the bounds; 0 once it is released. */
  heldBytes: number;
  deadline: number;
  /** The caller has been told: the outcome of what is still in flight no longer matters to it. */
  reported: boolean;
}

/** Identity and sequence of one partition: each has its own epoch, so a bump of one disturbs no other. */
export interface PartitionStamp {
  producerId: bigint;
  producerEpoch: number;
  nextSequence: number;
  /** The sequence is broken: sending waits until nothing is in flight, then goes on under a new epoch. */
  broken: boolean;
  /** The epochs of the producer id are used up: a new one is on its way. */
  renewing: boolean;
}
