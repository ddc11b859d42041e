import { partitionName, type TopicPartition } from '@penstock/kafka';
import {
  endsByItself,
  judgeNewPartition,
  judgePosition,
  shardOf,
  targetPartitionOf,
  type Genesis,
  type Judgement,
  type TargetState,
} from '@penstock/ledger';
import { CopiedPartition } from '../copy/copied-partition.ts';
import {
  inspectSource,
  inspectTarget,
  refreshTopics,
  type Inspected,
  type InspectedSource,
} from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import type { TopicState, TopicStates, TopicTrouble } from '../link/topic-states.ts';

export interface Survey {
  /** Partitions that may be fetched from now on, once what changed is committed. */
  readonly startable: readonly CopiedPartition[];
  /** Source partitions of this shard that have no target partition in the link's ranges. */
  readonly withoutRoom: readonly string[];
  /** By the name of the source topic. */
  readonly states: ReadonlyMap<string, TopicState>;
}

interface Surveyed {
  readonly link: LinkContext;
  readonly topicStates: TopicStates;
  readonly shard: number;
  readonly genesis: Genesis;
  /** By name. New ones are added. */
  readonly partitions: Map<string, CopiedPartition>;
}

interface Candidate extends TopicPartition {
  readonly target: TopicPartition;
  /** Undefined: without a position. */
  readonly known: CopiedPartition | undefined;
}

/**
 * Looks at all partitions of a shard: whether their topics can still be copied, whether the positions of
 * those that are not being copied may be fetched, and whether there are new ones. What changed is in their
 * `next`. Throws a retryable KafkaError when a cluster cannot be asked at all; a partition that does not
 * answer just waits for the next survey.
 */
export async function surveyShard(surveyed: Surveyed): Promise<Survey> {
  const { link, topicStates, genesis, partitions } = surveyed;
  const states = await topicStates.read(genesis.topics);
  const knownIds = knownTopicIds(genesis, partitions.values());
  await refreshTopics(link.source, knownIds);
  await refreshTopics(link.target, knownTargetIds(genesis, partitions.values()));
  const { found: fresh, withoutRoom } = newPartitions(surveyed);
  const candidates: Candidate[] = [
    ...[...partitions.values()].filter((each) => needsLook(each, link, states)).map(candidateOf),
    ...fresh,
  ];
  const sources = await inspectSource(link.source, candidates);
  const targets = await inspectTarget(
    link.target,
    candidates.map(({ target }) => target),
  );
  const startable: CopiedPartition[] = [];
  for (const [index, candidate] of candidates.entries()) {
    const source = sources[index]!;
    const isNew = candidate.known === undefined;
    const partition = candidate.known ?? newAtLogStart(candidate, source);
    if (partition === undefined) continue; // new, and it does not answer yet, or is gone again
    hearEnds(partition, source);
    const target = targets[index]!;
    const trouble = states.get(partition.topic)?.trouble;
    let outcome: Outcome;
    if (trouble !== undefined) outcome = pauseWith(partition, trouble);
    else if (isNew && source.kind === 'found') {
      outcome = judgeNew(partition, source.state, target, knownIds.get(partition.topic));
    } else outcome = judgeKnown(partition, source, target);
    if (isNew && outcome === 'not-judged') continue;
    partitions.set(partition.name, partition);
    if (outcome === 'fetch') startable.push(partition);
  }
  return { startable, withoutRoom, states };
}

/** A trouble of the topic pauses all its partitions, except those that wait for an answer anyway. */
function pauseWith(partition: CopiedPartition, trouble: TopicTrouble): 'paused' {
  const { pause } = partition;
  if (pause !== null && !endsByItself(pause)) return 'paused';
  if (pause?.kind === trouble.kind && pause.detail === trouble.detail) return 'paused';
  const { position } = partition.next;
  partition.pauseFor({ ...trouble, from: position, to: position });
  return 'paused';
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

function knownTargetIds(
  genesis: Genesis,
  partitions: Iterable<CopiedPartition>,
): Map<string, ReadonlySet<string>> {
  const ids = new Map<string, Set<string>>(genesis.topics.map(({ target }) => [target, new Set()]));
  for (const { target, next } of partitions) {
    if (next.targetTopicId !== null) ids.get(target.topic)?.add(next.targetTopicId);
  }
  return ids;
}

/** Of those that are being copied, the fetch looks after the position, but not after the two topics. */
function needsLook(
  partition: CopiedPartition,
  { source, target }: LinkContext,
  states: ReadonlyMap<string, TopicState>,
): boolean {
  if (partition.isResting(performance.now())) return false;
  if (partition.phase !== 'copying' || states.get(partition.topic)?.trouble !== undefined) return true;
  const sourceTopic = source.knownTopic(partition.topic);
  if (sourceTopic === undefined) return true;
  // One that was made again may have fewer partitions: those are gone, and no fetch says so.
  const { id, partitions } = sourceTopic;
  if (id !== partition.next.topicId && partition.partition >= partitions.length) return true;
  return target.knownTopic(partition.target.topic)?.id !== partition.next.targetTopicId;
}

function newPartitions({ link, shard, genesis, partitions }: Surveyed): {
  found: Candidate[];
  withoutRoom: string[];
} {
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
function newAtLogStart(
  { topic, partition, target }: Candidate,
  source: Inspected<InspectedSource>,
): CopiedPartition | undefined {
  if (source.kind !== 'found') return undefined;
  const { topicId, earliest, stableEnd } = source.state;
  const position = {
    topic,
    topicId,
    targetTopicId: null,
    partition,
    position: earliest,
    leaderEpoch: -1,
    lastTargetOffset: -1n,
    sourceEnd: stableEnd,
    retired: false,
    pause: null,
  };
  return new CopiedPartition(position, target, 'new');
}

function hearEnds(partition: CopiedPartition, source: Inspected<InspectedSource>): void {
  if (source.kind !== 'found' || source.state.topicId !== partition.next.topicId) return;
  const { end: highWatermark, stableEnd: lastStableOffset } = source.state;
  partition.hears({ highWatermark, lastStableOffset, heardAt: performance.now() });
}

type Outcome = Judgement['kind'] | 'not-judged';

function judgeKnown(
  partition: CopiedPartition,
  source: Inspected<InspectedSource>,
  target: Inspected<TargetState>,
): Outcome {
  if (source.kind === 'no-answer') return leaveWaiting(partition, source.error.message);
  if (target.kind !== 'found') return leaveWaiting(partition, whyNoTarget(partition, target));
  const state = source.kind === 'found' ? source.state : undefined;
  return apply(partition, judgePosition(partition.next, state, target.state), target.state.topicId);
}

/** `knownIds`: those by which its topic is known. */
function judgeNew(
  partition: CopiedPartition,
  source: InspectedSource,
  target: Inspected<TargetState>,
  knownIds: ReadonlySet<string> = new Set(),
): Outcome {
  if (target.kind !== 'found') return leaveWaiting(partition, whyNoTarget(partition, target));
  return apply(partition, judgeNewPartition(knownIds, source, target.state), target.state.topicId);
}

function whyNoTarget(
  { target: { topic, partition } }: CopiedPartition,
  inspected: Exclude<Inspected<TargetState>, { kind: 'found' }>,
): string {
  if (inspected.kind === 'no-answer') return inspected.error.message;
  return `the target has no partition ${partitionName(topic, partition)}`;
}

function leaveWaiting(partition: CopiedPartition, why: string): 'not-judged' {
  partition.markWaiting(why);
  return 'not-judged';
}

function apply(partition: CopiedPartition, judgement: Judgement, targetTopicId: string): Judgement['kind'] {
  switch (judgement.kind) {
    case 'fetch':
      partition.admit(targetTopicId);
      break;
    case 'retired':
      if (!partition.next.retired) partition.retire();
      break;
    case 'paused':
      if (partition.pause?.kind !== judgement.pause.kind) partition.pauseFor(judgement.pause);
      break;
  }
  return judgement.kind;
}
