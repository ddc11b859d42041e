import {
  checkGenesis,
  readLedger,
  shardOf,
  targetPartitionOf,
  type Genesis,
  type PartitionPosition,
} from '@penstock/ledger';
import type { MirrorConfig } from '../config.ts';
import { shardsOf } from '../link/check-link.ts';
import { inspectSource, type Inspected, type InspectedSource } from '../link/inspect-partitions.ts';
import type { LinkContext } from '../link/link-context.ts';
import { unregisteredTopics } from '../link/new-topics.ts';
import { strangersOf, type Stranger } from '../link/strangers.ts';
import { partitionName } from '../names.ts';
import { isoTime, wallClockMs } from '../wall-clock.ts';
import { whatToDo } from './what-to-do.ts';

/** A link as its ledger and its two clusters show it. Offsets are text, because JSON has no 64 bits. */
export interface LinkStatus {
  readonly link: string;
  /** When this was read, ISO 8601. */
  readonly at: string;
  readonly sourceClusterId: string;
  readonly targetClusterId: string;
  readonly shards: number;
  readonly partitions: readonly PartitionStatus[];
  readonly strangers: readonly Stranger[];
  /** Source topics that the configuration wants and that are not copied, until `mirror init`. */
  readonly unregisteredTopics: readonly string[];
}

/** One source partition. Null stands for unknown, never 0. */
export interface PartitionStatus {
  readonly shard: number;
  readonly partition: string;
  /** Where the copies go; null: the ranges of the link have no room for it. */
  readonly target: string | null;
  /** The next source offset to copy; null: not begun. */
  readonly position: string | null;
  /** The end of the source's log. */
  readonly sourceEnd: string | null;
  /** Source offsets between the two. */
  readonly behind: number | null;
  readonly state: 'copied' | 'paused' | 'retired' | 'not-begun' | 'no-target-partition';
  readonly pause: PauseStatus | null;
  /** What an operator does about it; null: nothing. */
  readonly todo: string | null;
}

export interface PauseStatus {
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  /** ISO 8601; null: in a ledger of the first version. */
  readonly since: string | null;
  readonly detail: string;
}

/** It only reads: the mirror goes on undisturbed. Throws MirrorError, LedgerError and KafkaError. */
export async function readStatus(
  link: LinkContext,
  config: Pick<MirrorConfig, 'topics' | 'topicsDenied'>,
): Promise<LinkStatus> {
  const { source, target, identity } = link;
  const shards = await shardsOf(link);
  const partitions: PartitionStatus[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    const { genesis, positions } = await readLedger(target, identity.ledgerTopic, shard);
    checkGenesis(genesis, identity, shards);
    await source.refresh(...new Set(genesis.topics.map(({ name }) => name)));
    const sources = await inspectSource(source, positions);
    const where = (position: PartitionPosition) => targetOf(genesis, position);
    partitions.push(...positions.map((each, index) => begun(shard, each, where(each), sources[index]!)));
    partitions.push(...notInLedger(link, shard, genesis, positions));
  }
  const { link: name, sourceClusterId, targetClusterId } = identity;
  const at = isoTime(wallClockMs());
  const strangers = await strangersOf(link);
  const unregistered = await unregisteredTopics(link, config);
  const clusters = { sourceClusterId, targetClusterId };
  return { link: name, at, ...clusters, shards, partitions, strangers, unregisteredTopics: unregistered };
}

function begun(
  shard: number,
  recorded: PartitionPosition,
  target: string | null,
  source: Inspected<InspectedSource>,
): PartitionStatus {
  const { position, pause, retired } = recorded;
  const end = source.kind === 'found' ? source.state.end : null;
  const partition = partitionName(recorded.topic, recorded.partition);
  return {
    shard,
    partition,
    target,
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
    todo: pause && whatToDo(pause.kind, partition),
  };
}

function targetOf(
  genesis: Genesis,
  { topic, partition }: { topic: string; partition: number },
): string | null {
  const registered = genesis.topics.find(({ name }) => name === topic);
  const number = registered && targetPartitionOf(registered, partition);
  return registered === undefined || number === undefined ? null : partitionName(registered.target, number);
}

/** Source partitions of a shard without a position: nobody has begun them, or nobody can. */
function notInLedger(
  { source }: LinkContext,
  shard: number,
  genesis: Genesis,
  positions: readonly PartitionPosition[],
): PartitionStatus[] {
  const known = new Set(positions.map(({ topic, partition }) => partitionName(topic, partition)));
  const nothing = { position: null, sourceEnd: null, behind: null, pause: null };
  return genesis.topics.flatMap(({ name }) => {
    const count = source.knownTopic(name)?.partitions.length ?? 0;
    return Array.from({ length: count }, (_, partition) => partition)
      .filter((partition) => shardOf(name, partition, genesis.shards) === shard)
      .filter((partition) => !known.has(partitionName(name, partition)))
      .map((number): PartitionStatus => {
        const target = targetOf(genesis, { topic: name, partition: number });
        const partition = partitionName(name, number);
        return target === null
          ? { shard, partition, target, ...nothing, state: 'no-target-partition', todo: 'run mirror init' }
          : { shard, partition, target, ...nothing, state: 'not-begun', todo: 'start a mirror, or wait' };
      });
  });
}
