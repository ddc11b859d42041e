/** Sequences are per (producer id, epoch, partition) and wrap from 2^31-1 to 0 (DefaultRecordBatch.incrementSequence). */
export function sequenceAfter(sequence: number, count: number): number {
  return (sequence + count) % 0x80000000;
}

/** Broker and client both refuse 32 767: the producer id is used up before (KIP-360). */
export const producerEpochMax = 32_766;
