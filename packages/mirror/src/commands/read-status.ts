import { partitionName, type Cluster, type KafkaError } from '@penstock/kafka';
import { checkGenesis, lookAtLedger, type Genesis, type PartitionPosition } from '@penstock/ledger';
import type { MirrorConfig } from '../config.ts';
import { shardCount } from '../link/shard-count.ts';
import { inspectSource, type Inspected, type InspectedSource } from '../link/inspect-partitions.ts';
import type { LinkEnds } from '../link/link-context.ts';
import { unregisteredTopics } from '../link/unregistered-topics.ts';
import { strangersOf } from '../link/strangers.ts';
import { ledgerTopicOf } from '../names.ts';
import { isoTime, wallClockMs } from '../wall-clock.ts';
import type { LinkPartition, LinkStatus } from './link-status.ts';
import { notBegun, targetOf } from './not-begun.ts';
import { whatToDo } from './what-to-do.ts';

/** What a mirror that works commits is decided within moments. */
const patienceMs = 1_000;

/** It only reads: the mirror goes on undisturbed. Throws MirrorError, LedgerError and KafkaError. */
export async function readStatus(
  link: LinkEnds,
  config: Pick<MirrorConfig, 'topics' | 'topicsDenied'>,
): Promise<LinkStatus> {
  const { source, target, identity } = link;
  const shards = await shardCount(link);
  const partitions: LinkPartition[] = [];
  const hidden: string[] = [];
  const registered = new Set<string>();
  const seen = new Set<string>();
  for (let shard = 0; shard < shards; shard += 1) {
    const look = await lookAtLedger(target, identity.ledgerTopic, shard, { patienceMs });
    const { genesis, positions } = look;
    if (look.undecided) hidden.push(await look.whoHides());
    checkGenesis(genesis, identity, shards);
    await source.refresh(...new Set(genesis.topics.map(({ name }) => name)));
    const sources = await inspectSource(source, positions);
    partitions.push(...positions.map((each, index) => begun(shard, genesis, each, sources[index]!)));
    const count = ({ name }: { name: string }) => source.knownTopic(name)?.partitions.length ?? 0;
    partitions.push(...notBegun(shard, genesis, positions, count));
    for (const topic of genesis.topics) {
      registered.add(topic.name);
      if (topic.id !== null || count(topic) > 0) seen.add(topic.name);
    }
    for (const { topic } of positions) seen.add(topic);
  }
  const { link: name, sourceClusterId, targetClusterId } = identity;
  const at = isoTime(wallClockMs());
  const strangers = await strangersOf(link);
  const unregistered = await unregisteredTopics(link, config);
  const clusters = { sourceClusterId, targetClusterId };
  return {
    ...{ link: name, at, sourceAway: null, ...clusters },
    ...{ shards, registeredTopics: registered.size },
    ...{ partitions, strangers, unregisteredTopics: unregistered },
    awaitedTopics: [...registered.difference(seen)],
    hidden,
  };
}

/**
 * The same without the source, when its datacenter is lost: how far it was copied is on the target. Throws
 * MirrorError, LedgerError and KafkaError.
 */
export async function readStatusOfTarget(
  link: string,
  target: Cluster,
  why: KafkaError,
): Promise<LinkStatus> {
  const targetClusterId = target.clusterId;
  const ledger = { link, ledgerTopic: ledgerTopicOf(link), targetClusterId };
  const shards = await shardCount({ target, identity: { ...ledger, sourceClusterId: '' } });
  const partitions: LinkPartition[] = [];
  const hidden: string[] = [];
  const registered = new Set<string>();
  let sourceClusterId = '';
  for (let shard = 0; shard < shards; shard += 1) {
    const look = await lookAtLedger(target, ledger.ledgerTopic, shard, { patienceMs });
    const { genesis, positions } = look;
    if (look.undecided) hidden.push(await look.whoHides());
    if (shard === 0) ({ sourceClusterId } = genesis);
    checkGenesis(genesis, { ...ledger, sourceClusterId }, shards);
    const unheard = { kind: 'no-answer', error: why } as const;
    partitions.push(...positions.map((each) => begun(shard, genesis, each, unheard)));
    for (const topic of genesis.topics) registered.add(topic.name);
    // Those that were made since are known to the source alone.
    partitions.push(...notBegun(shard, genesis, positions, (topic) => topic.partitions));
  }
  const strangers = await strangersOf({ target, identity: { ...ledger, sourceClusterId } });
  const clusters = { sourceClusterId, targetClusterId };
  const at = isoTime(wallClockMs());
  return {
    ...{ link, at, sourceAway: why.message, ...clusters },
    ...{ shards, registeredTopics: registered.size },
    ...{ partitions, strangers, unregisteredTopics: [], awaitedTopics: [], hidden },
  };
}

function begun(
  shard: number,
  genesis: Genesis,
  recorded: PartitionPosition,
  source: Inspected<InspectedSource>,
): LinkPartition {
  const { position, pause, retired } = recorded;
  const end = source.kind === 'found' ? source.state.end : null;
  const partition = partitionName(recorded.topic, recorded.partition);
  return {
    shard,
    partition,
    target: targetOf(genesis, recorded),
    position: String(position),
    sourceEnd: end === null ? null : String(end),
    behind: end === null ? null : Math.max(0, Number(end - position)),
    state: pause !== null ? 'paused' : retired ? 'retired' : 'copied',
    pause: pause && {
      kind: pause.kind,
      from: String(pause.from),
      to: String(pause.to),
      since: pause.sinceMs === null ? null : isoTime(pause.sinceMs),
      detail: pause.detail,
    },
    todo: pause && whatToDo(pause.kind, genesis.link, partition),
  };
}
