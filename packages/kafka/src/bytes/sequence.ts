/**
 * The sequence after a batch of `count` records. Sequences are per producer id, epoch and partition, and
 * wrap from 2^31 - 1 to 0 (DefaultRecordBatch.incrementSequence).
 */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % 0x80000000;
}

/** The last epoch of a producer id: brokers and clients refuse 32 767 (KIP-360). */
export const producerEpochMax = 32_766;
