import { eventIdPosition } from '@penstock/events';
import { listOffsets, openCluster, readRange } from '@penstock/kafka';
import type { MasterVerifier } from './verdict.ts';

/** Feeds every committed event of a topic to the verifier, partition by partition, as it is now. */
export async function verifyTopic(
  verifier: MasterVerifier,
  bootstrap: string[],
  topic: string,
): Promise<void> {
  await using cluster = await openCluster({ bootstrap, clientId: 'penstock-verify' });
  const { partitions } = await cluster.topic(topic);
  const numbers = partitions.map((_, partition) => partition);
  const starts = await listOffsets(cluster, topic, numbers, 'earliest', 'read_committed');
  const ends = await listOffsets(cluster, topic, numbers, 'latest', 'read_committed');
  for (const partition of numbers) {
    const from = starts.get(partition)?.offset ?? 0n;
    const to = ends.get(partition)?.offset ?? 0n;
    await readRange(cluster, topic, partition, from, to, 'read_committed', ({ value, offset }) => {
      if (value)
        verifier.saw(
          value.subarray(eventIdPosition, eventIdPosition + 16),
          `${topic}-${partition} offset ${offset}`,
        );
    });
  }
}
