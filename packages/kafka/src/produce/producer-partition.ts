import type { GrowingBatch } from '../bytes/growing-batch.ts';
import type { BatchFields } from '../bytes/sign-batch.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { SendableBatch } from './partition-queue.ts';
import { PartitionSequence } from './partition-sequence.ts';
import type { SequenceStart } from './partition-sequence.ts';

/** One partition as the idempotent producer sees it. */
export class ProducerPartition<Token> extends PartitionQueue<ProducerBatch<Token>> {
  readonly sequence: PartitionSequence;
  /** What is appended goes here. */
  open: OpenBatch<Token> | undefined;
  /** It is on the list for the end of the present linger time. */
  lingers = false;
  /** Memory of all its batches, the open one included. */
  heldBytes = 0;

  constructor(topic: string, partition: number, start: SequenceStart) {
    super(topic, partition);
    this.sequence = new PartitionSequence(start);
  }

  override get inFlightMax(): number {
    return this.sequence.inFlightMax;
  }
}

/** A batch that still grows. */
export interface OpenBatch<Token> {
  records: GrowingBatch;
  tokens: Token[];
  heldBytes: number;
  /** When the delivery timeout of its first record ends. */
  deadlineAt: number;
}

export interface ProducerBatch<Token> extends SendableBatch {
  fields: BatchFields;
  /** The checksum of the records as they are sent. */
  recordsCrc: number;
  /** The header holds producer, sequence and checksum. */
  signed: boolean;
  tokens: readonly Token[];
  /** The pool's memory behind `parts`. Empty once the batch is compressed, or the memory is given back. */
  blocks: readonly Buffer[];
  /** How much it counts towards the bounds; 0 once it is released. */
  heldBytes: number;
  deadlineAt: number;
  /** The caller knows the outcome. What still becomes of the batch in flight does not matter to it. */
  reported: boolean;
}
