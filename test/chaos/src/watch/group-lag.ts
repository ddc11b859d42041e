import { type Cluster, committedOffsets, listOffsets, partitionName } from '@penstock/kafka';

const timeoutMs = 2_000;

/**
 * Records of a topic that a group has not committed yet. A transaction that is open does not hold it up: it
 * counts as not committed. Undefined when nobody could say so within two seconds.
 */
export async function groupLag(
  cluster: Cluster,
  groupId: string,
  topic: string,
): Promise<number | undefined> {
  try {
    const { partitions } = await cluster.topic(topic, { timeoutMs });
    const numbers = [...partitions.keys()];
    const [committed, starts, ends] = await Promise.all([
      committedOffsets(cluster, {
        ...{ groupId, memberId: null, memberEpoch: -1, timeoutMs },
        partitions: numbers.map((partition) => ({ topic, partition })),
      }),
      listOffsets(cluster, topic, numbers, 'earliest', 'read_committed', { timeoutMs }),
      listOffsets(cluster, topic, numbers, 'latest', 'read_committed', { timeoutMs }),
    ]);
    let lag = 0;
    for (const partition of numbers) {
      const from =
        committed.get(partitionName(topic, partition))?.offset ?? starts.get(partition)?.offset ?? 0n;
      lag += Number((ends.get(partition)?.offset ?? from) - from);
    }
    return Math.max(0, lag);
  } catch {
    return undefined; // the brokers that know are the ones that are being broken
  }
}
