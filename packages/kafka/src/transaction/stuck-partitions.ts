import type { Cluster } from '../cluster/cluster.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { PartitionQueue, SendableBatch } from '../produce/partition-queue.ts';

/**
 * A partition that would count as stuck within this time is given up together with the one that already does.
 */
const soonMs = 2_000;

/** Whether a partition has taken nothing for so long that its transaction must end without it. */
export function isStuck<B extends SendableBatch>(
  { firstFailureAt }: PartitionQueue<B>,
  now: number,
  stuckAfterMs: number,
): boolean {
  return firstFailureAt !== undefined && now - firstFailureAt >= stuckAfterMs;
}

/**
 * The partitions to give up together with one that is stuck. Found one by one, each would cost the others
 * another abort. They are those that fail too and have nearly reached the limit. And if nobody has refused
 * anything, because the broker hangs, they are all that wait for the same broker.
 */
export function stuckTogether<B extends SendableBatch>(
  cluster: Cluster,
  found: PartitionQueue<B>,
  queues: Iterable<PartitionQueue<B>>,
  stuckAfterMs: number,
): TopicPartition[] {
  const soon = performance.now() + soonMs;
  const leaderOf = ({ topic, partition }: PartitionQueue<B>): number =>
    cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
  const hangs = (queue: PartitionQueue<B>): boolean =>
    found.firstFailureAt === undefined && queue.inFlight.length > 0 && leaderOf(queue) === leaderOf(found);
  return [...queues]
    .filter(
      (queue) => queue === found || (!queue.idle && (isStuck(queue, soon, stuckAfterMs) || hangs(queue))),
    )
    .map(({ topic, partition }) => ({ topic, partition }));
}
