import type { RecordView } from '../bytes/record-reader.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { listOffsets } from '../positions/list-offsets.ts';
import { readRange } from './read-range.ts';

/**
 * Visits everything that a topic holds now under read_committed, one partition after the other, each in
 * order. It reads the metadata again, so it sees partitions that were added. `timeoutMs` is for each
 * partition (default: none).
 *
 * Throws what `listOffsets` and `readRange` throw.
 */
export async function readTopic(
  cluster: Cluster,
  topic: string,
  visit: (record: RecordView, partition: number) => void,
  options: { timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const { signal } = options;
  const { partitions } = await cluster.topic(topic, { refresh: true });
  const numbers = [...partitions.keys()];
  const starts = await listOffsets(cluster, topic, numbers, 'earliest', 'read_committed', { signal });
  const ends = await listOffsets(cluster, topic, numbers, 'latest', 'read_committed', { signal });
  for (const partition of numbers) {
    const from = starts.get(partition)?.offset ?? 0n;
    const to = ends.get(partition)?.offset ?? 0n;
    const each = (record: RecordView): void => visit(record, partition);
    const range = { from, to, isolation: 'read_committed' } as const;
    await readRange({ cluster, topic, partition }, range, each, options);
  }
}
