import { openCluster, readRecords, startFetcher } from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';

export interface CleanBatches {
  readonly count: number;
  /** Keys and values, before compression. */
  readonly bytesPerBatch: number;
}

const idleMs = 2_000;

/** Reads what was written to clean. */
export async function cleanBatches(
  kafka: TestKafka,
  topic: string,
  partitions: number,
): Promise<CleanBatches> {
  await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'bench' });
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  for (let partition = 0; partition < partitions; partition++) {
    fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  }
  let count = 0;
  let bytes = 0;
  for (;;) {
    const fetched = await fetcher.next({ maxWaitMs: idleMs });
    if (fetched.length === 0) break;
    for (using part of fetched) {
      for (const batch of part.batches) {
        count++;
        for (const { key, value } of readRecords(batch)) bytes += (key?.length ?? 0) + (value?.length ?? 0);
      }
    }
  }
  if (count === 0) throw new Error('nothing was written');
  return { count, bytesPerBatch: bytes / count };
}
