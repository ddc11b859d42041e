import type { Cluster } from '../cluster/cluster.ts';
import { wait } from '../errors/wait.ts';
import { listOffsets } from '../positions/list-offsets.ts';
import type { PositionProblem } from './fetched.ts';
import type { PartitionCursor } from './partition-cursor.ts';

/**
 * Asks whether a position is gone. Undefined: it is not, as far as anybody knows now.
 */
export type Confirm = (
  cluster: Cluster,
  cursor: PartitionCursor,
  signal: AbortSignal,
) => Promise<PositionProblem | undefined>;

/** A broker that has just started may answer with old metadata. Three in a row will not all do so. */
const identityLooks = 3;

/**
 * A broker does not know the topic id of a position, or the metadata shows another one. Undefined when that
 * was outdated. Also when the topic does not exist at all: it may come back, so that is waited for.
 */
export async function confirmRecreated(
  cluster: Cluster,
  cursor: PartitionCursor,
  signal: AbortSignal,
): Promise<PositionProblem | undefined> {
  let seen: string | undefined;
  for (let look = 0; look < identityLooks; look++) {
    if (look > 0) await wait(100, signal);
    await cluster.refresh(cursor.topic);
    seen = cluster.knownTopic(cursor.topic)?.id;
    if (seen === undefined || seen === cursor.topicId) return undefined;
  }
  const { topic, offset: from, highWatermark } = cursor;
  return {
    kind: 'recreated',
    from,
    to: highWatermark > from ? highWatermark : from,
    detail:
      `topic ${topic} had the id ${cursor.topicId} and has ${seen} now; ` +
      'what was unread of the old one is gone',
  };
}

/**
 * OFFSET_OUT_OF_RANGE: asks the leader for the start and the end of its log. Undefined when the position lies
 * between them and can belong to this log.
 *
 * Brokers give the same answer when they do not know the epoch of a position. An epoch from the future
 * belongs to another log: the topic was created again, or another cluster has taken the address. An epoch
 * whose records are long gone does no harm.
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
    const detail =
      `${topic} ${partition} was read in epoch ${cursor.lastEpoch}, ` +
      `but its leader is in epoch ${leaderEpoch}: another log`;
    return { kind: 'truncated', from: start.offset, to: offset, detail };
  }
  return undefined;
}

/**
 * The leader's log differs from the one that was read (KIP-595). Only the present leader can answer this,
 * since the request carried the leader epoch. `diverging` is the leader's largest epoch up to the one last
 * read, and the end of that epoch in its log.
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
