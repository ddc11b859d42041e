import type { Topic } from '../cluster/topic-cache.ts';
import type { PartitionCursor } from './partition-cursor.ts';

/** Which broker is to be asked for which partitions now. */
export interface FetchPlan {
  readonly byNode: ReadonlyMap<number, readonly PartitionCursor[]>;
  /** When to plan again, because a partition or a broker has to wait until then; Infinity: no need. */
  readonly wakeAt: number;
  /** A partition was left out because enough of it waits to be handed out. */
  readonly isOneFull: boolean;
  /** Some partition has no known leader. */
  readonly needsMetadata: boolean;
  /** Partitions whose topic has another id by now. */
  readonly doubtful: readonly PartitionCursor[];
}

/** Plans one round of fetches. It touches nothing, but gives a cursor without a topic id the present one. */
export function planFetches(
  cursors: Iterable<PartitionCursor>,
  o: {
    now: number;
    partitionPrefetchBytes: number;
    topicOf: (name: string) => Topic | undefined;
    /** A broker that just failed is left alone until this moment. */
    brokenUntil: (node: number) => number;
  },
): FetchPlan {
  const { now } = o;
  const byNode = new Map<number, PartitionCursor[]>();
  const doubtful: PartitionCursor[] = [];
  let wakeAt = Infinity;
  let isOneFull = false;
  let needsMetadata = false;
  for (const cursor of cursors) {
    if (cursor.paused || cursor.state !== 'fetching') continue;
    if (cursor.waitingBytes >= o.partitionPrefetchBytes) {
      isOneFull = true;
      continue;
    }
    if (cursor.retryAt > now) {
      wakeAt = Math.min(wakeAt, cursor.retryAt);
      continue;
    }
    const topic = o.topicOf(cursor.topic);
    const leader = topic?.partitions[cursor.partition]?.leader ?? -1;
    if (!topic || leader < 0) {
      needsMetadata = true;
      continue;
    }
    cursor.topicId ??= topic.id;
    if (cursor.topicId !== topic.id) {
      doubtful.push(cursor);
      continue;
    }
    const node = cursor.nodeFor(leader, now);
    const brokenUntil = o.brokenUntil(node);
    if (brokenUntil > now) wakeAt = Math.min(wakeAt, brokenUntil);
    else byNode.getOrInsertComputed(node, () => []).push(cursor);
  }
  return { byNode, wakeAt, isOneFull, needsMetadata, doubtful };
}
