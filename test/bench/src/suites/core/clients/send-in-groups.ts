import type { Job } from './client-process.ts';

/**
 * Two, so that the next is encoded while the broker writes the one before; neither client sends more at a
 * time.
 */
const sendsAtOnce = 2;

/**
 * For clients that batch only what one call gives them: each call gets as many records as fill a batch of
 * every partition. Returns how long each call took, ms.
 */
export async function sendInGroups(
  { records, partitions, valueBytes, batchBytes }: Job,
  send: (partitionOf: readonly number[]) => Promise<unknown>,
): Promise<number[]> {
  const perCall = partitions * Math.max(1, Math.floor(batchBytes / (valueBytes + recordOverheadBytes)));
  const latenciesMs: number[] = [];
  let taken = 0;
  const sendUntilDone = async (): Promise<void> => {
    while (taken < records) {
      const count = Math.min(perCall, records - taken);
      taken += count;
      const startedMs = performance.now();
      await send(Array.from({ length: count }, (_, index) => index % partitions));
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  await Promise.all(Array.from({ length: sendsAtOnce }, sendUntilDone));
  return latenciesMs;
}

/** Lengths, deltas and attributes of a record without key and headers, about. */
const recordOverheadBytes = 10;
