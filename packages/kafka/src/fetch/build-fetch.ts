import type { FetchPartition, FetchRequest } from '../requests/fetch.ts';
import type { PartitionCursor } from './partition-cursor.ts';

/**
 * Builds a request for these partitions. Brokers fill an answer in the order of the request, so each request
 * begins with another partition (`turn`), and none starves.
 */
export function buildFetch(
  cursors: readonly PartitionCursor[],
  turn: number,
  leaderEpochOf: (cursor: PartitionCursor) => number,
  limits: Omit<FetchRequest, 'topics'> & { partitionMaxBytes: number },
): FetchRequest {
  const { partitionMaxBytes, ...request } = limits;
  const topics = new Map<string, FetchPartition[]>();
  for (let i = 0; i < cursors.length; i++) {
    const cursor = cursors[(turn + i) % cursors.length]!;
    const partitions = topics.getOrInsertComputed(cursor.topicId!, () => []);
    partitions.push(cursor.request(leaderEpochOf(cursor), partitionMaxBytes));
  }
  return { ...request, topics: [...topics].map(([topicId, partitions]) => ({ topicId, partitions })) };
}
