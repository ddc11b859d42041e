import {
  judgeNewPartition,
  judgePosition,
  shardOf,
  targetPartitionOf,
  type Genesis,
  type Judgement,
  type SourceState,
} from '@penstock/ledger';
import { CopiedPartition } from '../copy/copied-partition.ts';
import { inspectSource, inspectTarget, refreshTopics } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { partitionName } from '../names.ts';

export interface Survey {
  /** Partitions that may be fetched from now on, once what changed is committed. */
  readonly startable: readonly CopiedPartition[];
  /** Source partitions of this shard that have no target partition in the link's range. */
  readonly withoutRoom: readonly string[];
}

interface Candidate {
  readonly topic: string;
  readonly partition: number;
  readonly target: { readonly topic: string; readonly partition: number };
  /** Undefined: without a position. */
  readonly known: CopiedPartition | undefined;
}

/**
 * Looks at every partition of a shard that is not being copied: at those of the ledger, to see whether their position may be
 * fetched, and for new ones. New partitions are added to `partitions`; what changed is in their `next`. Throws a retryable
 * KafkaError when a cluster cannot be asked at all; a partition that does not answer just waits for the next survey.
 */
export async function surveyShard(
  link: LinkContext,
  shard: number,
  genesis: Genesis,
  partitions: Map<string, CopiedPartition>,
): Promise<Survey> {
  const knownIds = knownTopicIds(genesis, partitions.values());
  await refreshTopics(link.source, knownIds);
  await link.target.refresh(...new Set(genesis.topics.map(({ target }) => target)));
  const { found: fresh, withoutRoom } = newPartitions(link, shard, genesis, partitions);
  const nowMs = Date.now();
  const waiting = [...partitions.values()].filter(
    ({ phase, restUntilMs }) => (phase === 'waiting' || phase === 'retired') && restUntilMs <= nowMs,
  );
  const candidates: Candidate[] = [...waiting.map(candidateOf), ...fresh];
  const sources = await inspectSource(link.source, candidates);
  const targets = await inspectTarget(
    link.target,
    candidates.map(({ target }) => target),
  );
  const startable: CopiedPartition[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const source = sources[index];
    const target = targets[index];
    const hindrance = source instanceof Error ? source : target instanceof Error ? target : undefined;
    if (
      hindrance !== undefined ||
      source instanceof Error ||
      target instanceof Error ||
      target === undefined
    ) {
      if (candidate.known !== undefined) candidate.known.detail = String(hindrance?.message);
      continue;
    }
    const partition = candidate.known ?? startOf(candidate, source);
    if (partition === undefined) continue;
    const judgement =
      candidate.known === undefined && source !== undefined
        ? judgeNewPartition(knownIds.get(candidate.topic) ?? new Set(), source, target)
        : judgePosition(partition.next, source, target);
    partitions.set(partition.name, partition);
    if (apply(partition, judgement)) startable.push(partition);
  }
  return { startable, withoutRoom };
}

function knownTopicIds(
  genesis: Genesis,
  partitions: Iterable<CopiedPartition>,
): Map<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>();
  for (const { name, id } of genesis.topics) ids.set(name, new Set(id === null ? [] : [id]));
  for (const { topic, next } of partitions) ids.getOrInsertComputed(topic, () => new Set()).add(next.topicId);
  return ids;
}

function newPartitions(
  link: LinkContext,
  shard: number,
  genesis: Genesis,
  partitions: ReadonlyMap<string, CopiedPartition>,
): { found: Candidate[]; withoutRoom: string[] } {
  const found: Candidate[] = [];
  const withoutRoom: string[] = [];
  for (const topic of genesis.topics) {
    const count = link.source.knownTopic(topic.name)?.partitions.length ?? 0;
    for (let partition = 0; partition < count; partition += 1) {
      if (shardOf(topic.name, partition, genesis.shards) !== shard) continue;
      const name = partitionName(topic.name, partition);
      if (partitions.has(name)) continue;
      const targetPartition = targetPartitionOf(topic, partition);
      if (targetPartition === undefined) {
        withoutRoom.push(name);
        continue;
      }
      const target = { topic: topic.target, partition: targetPartition };
      found.push({ topic: topic.name, partition, target, known: undefined });
    }
  }
  return { found, withoutRoom };
}

function candidateOf(known: CopiedPartition): Candidate {
  return { topic: known.topic, partition: known.partition, target: known.target, known };
}

/** A new partition begins at its log start: its first record must not be lost. */
function startOf(candidate: Candidate, source: SourceState | undefined): CopiedPartition | undefined {
  if (source === undefined) return undefined; // gone again
  const { topic, partition, target } = candidate;
  const position = {
    topic,
    topicId: source.topicId,
    partition,
    position: source.earliest,
    leaderEpoch: -1,
    lastTargetOffset: -1n,
    retired: false,
    pause: null,
  };
  return new CopiedPartition(position, target, 'new');
}

function apply(partition: CopiedPartition, judgement: Judgement): boolean {
  switch (judgement.kind) {
    case 'fetch':
      if (partition.next.retired) partition.next = { ...partition.next, retired: false };
      return true;
    case 'retired':
      partition.phase = 'retired';
      partition.detail = 'the topic is gone from the source';
      if (!partition.next.retired) partition.next = { ...partition.next, retired: true };
      return false;
    case 'paused':
      partition.pause(partition.next.pause ?? judgement.pause, judgement.detail);
      return false;
  }
}
