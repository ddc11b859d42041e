import { listOffsets, type Cluster } from '@penstock/kafka';
import type { SourceState, TargetState } from '@penstock/ledger';
import { partitionName } from '../names.ts';

export interface Place {
  readonly topic: string;
  readonly partition: number;
}

/** How long one partition may keep the others of its shard waiting. */
const deadlineMs = 5_000;

/**
 * The log start and end of source partitions, in the order asked; undefined where the topic, or the partition, is not there; an
 * Error where nobody answered in time. Topics must have been refreshed before.
 */
export async function inspectSource(
  source: Cluster,
  places: readonly Place[],
): Promise<(SourceState | undefined | Error)[]> {
  const existing = places.filter((place) => exists(source, place));
  const [starts, ends] = await Promise.all([
    offsetsOf(source, existing, 'earliest'),
    offsetsOf(source, existing, 'latest'),
  ]);
  return places.map((place) => {
    const topic = source.knownTopic(place.topic);
    if (topic === undefined || !exists(source, place)) return undefined;
    const earliest = starts.get(nameOf(place));
    const end = ends.get(nameOf(place));
    if (typeof earliest !== 'bigint') return earliest ?? noAnswer(place);
    if (typeof end !== 'bigint') return end ?? noAnswer(place);
    return { topicId: topic.id, earliest, end };
  });
}

/** The end of target partitions, in the order asked; an Error where nobody answered in time, or there is no such partition. */
export async function inspectTarget(
  target: Cluster,
  places: readonly Place[],
): Promise<(TargetState | Error)[]> {
  const existing = places.filter((place) => exists(target, place));
  const ends = await offsetsOf(target, existing, 'latest');
  return places.map((place) => {
    if (!exists(target, place)) return new Error(`the target has no partition ${nameOf(place)}`);
    const end = ends.get(nameOf(place));
    return typeof end === 'bigint' ? { end } : (end ?? noAnswer(place));
  });
}

/**
 * Reads the metadata of topics. An id that is none of those known is looked at three times: a broker that has just started
 * may answer with metadata of before, and a pause stays until an operator answers.
 */
export async function refreshTopics(
  cluster: Cluster,
  knownIds: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<void> {
  for (let look = 0; look < 3; look += 1) {
    await cluster.refresh(...knownIds.keys());
    const differs = [...knownIds].some(([name, ids]) => {
      const seen = cluster.knownTopic(name);
      return seen !== undefined && ids.size > 0 && !ids.has(seen.id);
    });
    if (!differs) return;
  }
}

/** All partitions of a topic in one request; when that fails, each by itself, so that one dead partition spoils no other. */
async function offsetsOf(
  cluster: Cluster,
  places: readonly Place[],
  at: 'earliest' | 'latest',
): Promise<Map<string, bigint | Error>> {
  const offsets = new Map<string, bigint | Error>();
  const ask = async (topic: string, partitions: number[]): Promise<void> => {
    const found = await listOffsets(cluster, topic, partitions, at, 'read_uncommitted', { deadlineMs });
    for (const [partition, { offset }] of found) offsets.set(nameOf({ topic, partition }), offset);
  };
  const byTopic = [...Map.groupBy(places, ({ topic }) => topic)];
  await Promise.all(
    byTopic.map(async ([topic, some]) => {
      const partitions = some.map(({ partition }) => partition);
      try {
        await ask(topic, partitions);
      } catch {
        const alone = partitions.map((partition) =>
          ask(topic, [partition]).catch((error: unknown) => {
            offsets.set(
              nameOf({ topic, partition }),
              error instanceof Error ? error : new Error(String(error)),
            );
          }),
        );
        await Promise.all(alone);
      }
    }),
  );
  return offsets;
}

function exists(cluster: Cluster, { topic, partition }: Place): boolean {
  return partition < (cluster.knownTopic(topic)?.partitions.length ?? 0);
}

function nameOf({ topic, partition }: Place): string {
  return partitionName(topic, partition);
}

function noAnswer(place: Place): Error {
  return new Error(`no offset of ${nameOf(place)}`);
}
