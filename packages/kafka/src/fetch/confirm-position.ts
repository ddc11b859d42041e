import type { Cluster } from '../cluster/cluster.ts';
import { listOffsets } from '../positions/list-offsets.ts';
import { pausing } from '../positions/pausing.ts';
import type { PositionProblem } from './fetched.ts';
import type { PartitionCursor } from './partition-cursor.ts';

/** A broker that has just started may answer metadata of before; three of them in turn do not all. */
const identityLooks = 3;

/**
 * A broker does not know the topic id of a position, or the metadata shows another. Undefined when it was a passing view;
 * a topic that does not exist at all may still be coming back: that is waited for.
 */
export async function confirmRecreated(
  cluster: Cluster,
  cursor: PartitionCursor,
  signal: AbortSignal,
): Promise<PositionProblem | undefined> {
  let seen: string | undefined;
  for (let look = 0; look < identityLooks; look++) {
    if (look > 0) await pausing(100, signal);
    await cluster.refresh(cursor.topic);
    seen = cluster.knownTopic(cursor.topic)?.id;
    if (seen === undefined || seen === cursor.topicId) return undefined;
  }
  const { topic, offset: from, highWatermark } = cursor;
  return {
    kind: 'recreated',
    from,
    to: highWatermark > from ? highWatermark : from,
    detail: `topic ${topic} was ${cursor.topicId} and is ${seen} now; what was unread of the old one is gone`,
  };
}

/**
 * OFFSET_OUT_OF_RANGE: asks the leader for the ends of its log. Undefined when the position lies between them and may be its own.
 * Brokers answer the same when they cannot place the epoch of a position: one from the future belongs to another log (a topic made anew, another
 * cluster under the same address); one whose records are long gone does no harm.
 */
export async function confirmOutOfRange(
  cluster: Cluster,
  cursor: PartitionCursor,
  signal: AbortSignal,
): Promise<PositionProblem | undefined> {
  const { topic, partition, offset } = cursor;
  const recreated = await confirmRecreated(cluster, cursor, signal);
  if (recreated) return recreated;
  const start = (
    await listOffsets(cluster, topic, [partition], 'earliest', 'read_uncommitted', { signal })
  ).get(partition);
  const end = (await listOffsets(cluster, topic, [partition], 'latest', 'read_uncommitted', { signal })).get(
    partition,
  );
  if (!start || !end) return undefined;
  if (offset < start.offset) {
    const detail = `${topic} ${partition} starts at ${start.offset} now, the position was ${offset}`;
    return { kind: 'overtaken', from: offset, to: start.offset, detail };
  }
  if (offset > end.offset) {
    const detail = `${topic} ${partition} ends at ${end.offset}, the position was ${offset}`;
    return { kind: 'beyond-end', from: end.offset, to: offset, detail };
  }
  const leaderEpoch = cluster.knownTopic(topic)?.partitions[partition]?.leaderEpoch ?? -1;
  if (cursor.lastEpoch > leaderEpoch && leaderEpoch >= 0) {
    const detail = `${topic} ${partition} was read in epoch ${cursor.lastEpoch}, its leader is in epoch ${leaderEpoch}: another log`;
    return { kind: 'truncated', from: start.offset, to: offset, detail };
  }
  return undefined;
}

/**
 * The leader's log leaves the one that was read (KIP-595). The request carried the leader epoch, so only the present leader answers so.
 * `diverging` is the leader's largest epoch up to the one last read, and where that epoch ends there.
 */
export function truncated(
  cursor: PartitionCursor,
  diverging: { epoch: number; endOffset: bigint },
): PositionProblem {
  const { topic, partition, offset, lastEpoch } = cursor;
  const from = diverging.endOffset < offset ? diverging.endOffset : offset;
  const detail =
    `${topic} ${partition} was read up to ${offset} in epoch ${lastEpoch}; ` +
    `the leader's log has epoch ${diverging.epoch} up to ${diverging.endOffset}`;
  return { kind: 'truncated', from, to: offset, detail };
}
