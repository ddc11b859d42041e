import { KafkaError, listOffsets, partitionName, type Cluster, type TopicPartition } from '@penstock/kafka';
import type { SourceState, TargetState } from '@penstock/ledger';

/** What a cluster says of one partition. A partition that does not answer keeps no other one waiting. */
export type Inspected<State> =
  | { readonly kind: 'found'; readonly state: State }
  /** The cluster has no such topic, or the topic no such partition. */
  | { readonly kind: 'missing' }
  | { readonly kind: 'no-answer'; readonly error: KafkaError };

/** A source partition's log start and end, and where its undecided transactions begin. */
export interface InspectedSource extends SourceState {
  readonly stableEnd: bigint;
}

/** How long one partition may keep the others of its shard waiting. */
const timeoutMs = 5_000;

/** In the order asked. The topics must have been refreshed before. */
export async function inspectSource(
  source: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Inspected<InspectedSource>[]> {
  const existing = partitions.filter((each) => exists(source, each));
  const [starts, ends, stableEnds] = await Promise.all([
    offsetsOf(source, existing, 'earliest', 'read_uncommitted'),
    offsetsOf(source, existing, 'latest', 'read_uncommitted'),
    offsetsOf(source, existing, 'latest', 'read_committed'),
  ]);
  return partitions.map((each) => {
    const topic = source.knownTopic(each.topic);
    if (topic === undefined || !exists(source, each)) return { kind: 'missing' };
    const name = partitionName(each.topic, each.partition);
    const [earliest, end, stableEnd] = [starts.get(name), ends.get(name), stableEnds.get(name)];
    for (const answer of [earliest, end, stableEnd]) {
      if (typeof answer !== 'bigint') return { kind: 'no-answer', error: answer ?? noAnswer(name) };
    }
    const offsets = { earliest, end, stableEnd } as Record<'earliest' | 'end' | 'stableEnd', bigint>;
    return { kind: 'found', state: { topicId: topic.id, ...offsets } };
  });
}

/** The end of target partitions, in the order asked. The topics must have been refreshed before. */
export async function inspectTarget(
  target: Cluster,
  partitions: readonly TopicPartition[],
): Promise<Inspected<TargetState>[]> {
  const existing = partitions.filter((each) => exists(target, each));
  const ends = await offsetsOf(target, existing, 'latest', 'read_uncommitted');
  return partitions.map((each) => {
    const topic = target.knownTopic(each.topic);
    if (topic === undefined || !exists(target, each)) return { kind: 'missing' };
    const name = partitionName(each.topic, each.partition);
    const end = ends.get(name);
    return typeof end === 'bigint'
      ? { kind: 'found', state: { topicId: topic.id, end } }
      : { kind: 'no-answer', error: end ?? noAnswer(name) };
  });
}

/**
 * Reads the metadata of topics. A topic that is gone, or has another id than those known, is looked at three
 * times: a broker that has just started may answer with metadata of before, and what follows from it stays
 * until an operator answers.
 */
export async function refreshTopics(
  cluster: Cluster,
  knownIds: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (let look = 0; look < 3; look += 1) {
    await cluster.refresh(...knownIds.keys());
    const asKnown = ([name, ids]: readonly [string, ReadonlySet<string>]): boolean =>
      ids.size === 0 || ids.has(cluster.knownTopic(name)?.id ?? '');
    if ([...knownIds].every(asKnown)) return;
  }
}

/**
 * All partitions of a topic in one request. If that fails, each by itself: a dead one must not spoil the
 * others.
 */
async function offsetsOf(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  at: 'earliest' | 'latest',
  isolation: 'read_committed' | 'read_uncommitted',
): Promise<Map<string, bigint | KafkaError>> {
  const offsets = new Map<string, bigint | KafkaError>();
  const ask = async (topic: string, numbers: number[]): Promise<void> => {
    const found = await listOffsets(cluster, topic, numbers, at, isolation, { timeoutMs });
    for (const [partition, { offset }] of found) offsets.set(partitionName(topic, partition), offset);
  };
  const askAlone = async (topic: string, partition: number): Promise<void> => {
    try {
      await ask(topic, [partition]);
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      offsets.set(partitionName(topic, partition), error);
    }
  };
  const byTopic = [...Map.groupBy(partitions, ({ topic }) => topic)];
  await Promise.all(
    byTopic.map(async ([topic, some]) => {
      const numbers = some.map(({ partition }) => partition);
      try {
        await ask(topic, numbers);
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        await Promise.all(numbers.map((partition) => askAlone(topic, partition)));
      }
    }),
  );
  return offsets;
}

function exists(cluster: Cluster, { topic, partition }: TopicPartition): boolean {
  return partition < (cluster.knownTopic(topic)?.partitions.length ?? 0);
}

function noAnswer(name: string): KafkaError {
  return new KafkaError('REQUEST_TIMED_OUT', `no offset of ${name}`);
}
