import { KafkaError, partitionName, readTopic, type PartitionPlace } from '@penstock/kafka';
import {
  checkGenesis,
  readLedger,
  shardOf,
  targetPartitionOf,
  type PartitionPosition,
  type RegisteredTopic,
  type Side,
} from '@penstock/ledger';
import { refreshTopics } from '../link/inspect-partitions.ts';
import { shardCount } from '../link/shard-count.ts';
import type { LinkContext } from '../link/link-context.ts';
import { rejectedTopicOf } from '../names.ts';
import type { LinkedPartition } from './translate-offset.ts';

/** A partition of the link with both its ends. */
export interface NamedLinkedPartition extends LinkedPartition {
  /** As on the source. */
  readonly name: string;
  readonly shard: number;
}

/** A source partition of which the ledger has no position. */
export interface UnbegunPartition {
  readonly source: PartitionPlace;
  /** Undefined: the ranges of the link have no room for it. */
  readonly target: PartitionPlace | undefined;
}

export interface LinkedPartitions {
  readonly begun: readonly NamedLinkedPartition[];
  readonly unbegun: readonly UnbegunPartition[];
}

/** All partitions of the link, as the ledger has them now. Throws MirrorError, LedgerError and KafkaError. */
export async function linkedPartitions(link: LinkContext): Promise<LinkedPartitions> {
  const { source, target, identity } = link;
  const rejected = await rejectedOffsets(link);
  const shards = await shardCount(link);
  const begun: NamedLinkedPartition[] = [];
  const unbegun: UnbegunPartition[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis, positions } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    await refreshTopics(source, idsOf(genesis.topics, positions, 'source'));
    await refreshTopics(target, idsOf(genesis.topics, positions, 'target'));
    for (const registered of genesis.topics) {
      const known = positions.filter(({ topic }) => topic === registered.name);
      for (const each of known) {
        const linked = await linkedPartition(link, shard, registered, each);
        const leftOut = rejected.get(`${each.topicId} ${each.partition}`) ?? new Set();
        if (linked !== undefined) begun.push({ ...linked, rejected: leftOut });
      }
      // A group may be at the beginning of copies whose source is gone, or not there yet.
      const atSource = source.knownTopic(registered.name)?.partitions.length ?? 0;
      const count = Math.max(registered.partitions, atSource);
      for (let partition = 0; partition < count; partition += 1) {
        if (shardOf(registered.name, partition, shards) !== shard) continue;
        if (known.some((each) => each.partition === partition)) continue;
        unbegun.push(placesOf(link, registered, partition));
      }
    }
  }
  return { begun, unbegun };
}

/** Undefined: the link has no room for it. */
async function linkedPartition(
  link: LinkContext,
  shard: number,
  registered: RegisteredTopic,
  { topicId, targetTopicId, partition, position, lastTargetOffset }: PartitionPosition,
): Promise<Omit<NamedLinkedPartition, 'rejected'> | undefined> {
  const { source, target } = placesOf(link, registered, partition);
  if (target === undefined) return undefined;
  const ends = { source, target };
  const lost = (await whyLost('source', ends, topicId)) ?? (await whyLost('target', ends, targetTopicId));
  const name = partitionName(registered.name, partition);
  return { name, shard, ...ends, lost, position, lastTargetOffset };
}

/** The ids under which topics were copied, by name. */
function idsOf(
  topics: readonly RegisteredTopic[],
  positions: readonly PartitionPosition[],
  side: Side,
): Map<string, Set<string>> {
  return new Map(
    topics.map((registered) => {
      const known = positions.filter(({ topic }) => topic === registered.name);
      const ids = known.flatMap((each) => (side === 'source' ? each.topicId : (each.targetTopicId ?? [])));
      return [side === 'source' ? registered.name : registered.target, new Set(ids)];
    }),
  );
}

function placesOf(
  { source, target }: LinkContext,
  registered: RegisteredTopic,
  partition: number,
): UnbegunPartition {
  const copy = targetPartitionOf(registered, partition);
  return {
    source: { cluster: source, topic: registered.name, partition },
    target: copy === undefined ? undefined : { cluster: target, topic: registered.target, partition: copy },
  };
}

/** A name that came back is another log: an offset in it has nothing to do with what was copied. */
async function whyLost(
  side: Side,
  { [side]: { cluster, topic, partition } }: Record<Side, PartitionPlace>,
  id: string | null,
): Promise<string | null> {
  try {
    const { id: idNow, partitions } = await cluster.topic(topic, { timeoutMs: 0 });
    if (partition >= partitions.length)
      return `the ${side} has no partition ${partitionName(topic, partition)}`;
    return id === null || id === idNow ? null : `${topic} was deleted and made again on the ${side}`;
  } catch (error) {
    if (!(error instanceof KafkaError)) throw error;
    if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return `the ${side} has no topic ${topic}`;
    if (error.retryable) throw error;
    // A right that is missing, for example: that is no trouble of the other topics.
    return `the ${side} does not show ${topic}: ${error.message}`;
  }
}

/** By topic id and partition of the source. A link from before the topic was made has none. */
async function rejectedOffsets({ target, identity }: LinkContext): Promise<Map<string, Set<bigint>>> {
  const offsets = new Map<string, Set<bigint>>();
  const topic = rejectedTopicOf(identity.link);
  await target.refresh(topic);
  if (target.knownTopic(topic) === undefined) return offsets;
  await readTopic(target, topic, ({ value }) => {
    const { topicId, partition, offset } = JSON.parse(value?.toString() ?? '') as Record<string, string>;
    offsets.getOrInsertComputed(`${topicId} ${partition}`, () => new Set()).add(BigInt(offset ?? -1));
  });
  return offsets;
}
