import { committedOffsets, partitionName, type Cluster, type CommittedOffset } from '@penstock/kafka';
import type { FilterTopics } from '../topics.ts';

/** The consumer group of the filters, as one of its members or as somebody who only looks. */
export interface FilterGroup {
  readonly cluster: Cluster;
  readonly id: string;
  /** null: an operator's tool. It reads positions without being a member, and fences nobody. */
  readonly member: { readonly memberId: string; readonly epoch: number } | null;
  readonly topics: FilterTopics;
}

/**
 * The committed positions of these partitions of raw, once no transaction that holds them is open; null where
 * the group has none. Rejects with a KafkaError when the coordinator cannot be asked or no longer knows the
 * member.
 */
export async function committedPositions(
  { cluster, id, member, topics }: FilterGroup,
  partitions: readonly number[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<number, CommittedOffset | null>> {
  const found = await committedOffsets(cluster, {
    groupId: id,
    memberId: member?.memberId ?? null,
    memberEpoch: () => member?.epoch ?? -1,
    partitions: partitions.map((partition) => ({ topic: topics.raw, partition })),
    ...(signal && { signal }),
  });
  return new Map(
    partitions.map((partition) => [partition, found.get(partitionName(topics.raw, partition)) ?? null]),
  );
}
