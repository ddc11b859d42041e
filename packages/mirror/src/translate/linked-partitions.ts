import { readTopic } from '@penstock/kafka';
import { checkGenesis, readLedger, targetPartitionOf } from '@penstock/ledger';
import { shardsOf } from '../link/check-link.ts';
import type { LinkContext } from '../link/link-context.ts';
import { partitionName, rejectedTopicOf } from '../names.ts';
import type { LinkedPartition } from './translate-offset.ts';

/** A partition of the link with both its ends. */
export interface NamedLinkedPartition extends LinkedPartition {
  /** As on the source. */
  readonly name: string;
  readonly shard: number;
}

/**
 * All partitions of the link that have been begun, as the ledger has them now. Throws MirrorError,
 * LedgerError and KafkaError.
 */
export async function linkedPartitions(link: LinkContext): Promise<NamedLinkedPartition[]> {
  const { source, target, identity } = link;
  const rejected = await rejectedOffsets(link);
  const shards = await shardsOf(link);
  const linked: NamedLinkedPartition[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis, positions } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    for (const { topic, topicId, partition, position } of positions) {
      const registered = genesis.topics.find(({ name }) => name === topic);
      const copy = registered && targetPartitionOf(registered, partition);
      if (registered === undefined || copy === undefined) continue;
      const name = partitionName(topic, partition);
      linked.push({
        name,
        shard,
        source: { cluster: source, topic, partition },
        target: { cluster: target, topic: registered.target, partition: copy },
        position,
        rejected: rejected.get(`${topicId} ${partition}`) ?? new Set(),
      });
    }
  }
  return linked;
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
