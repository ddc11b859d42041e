import { listOffsets, readRange } from '@penstock/kafka';
import { decodePairs, NearestRuns, type Side } from '@penstock/ledger';
import type { LinkContext } from '../link/link-context.ts';
import { pairsTopicOf } from '../names.ts';

/** An offset of a source partition, named as on the source, that is to be found among the pairs. */
export interface Asked {
  readonly shard: number;
  /** `events.clean-3`, of the source. */
  readonly name: string;
  readonly side: Side;
  readonly offset: bigint;
}

/**
 * Reads the pairs of the shards that are asked for, from their beginning to their end now, and answers the
 * runs around each offset, in the order asked. A week of pairs of a busy shard is millions of small records,
 * so `progress` is told of every shard.
 */
export async function readNearest(
  { target, identity }: LinkContext,
  asked: readonly Asked[],
  progress: (words: string) => void,
): Promise<NearestRuns[]> {
  const nearest = asked.map(({ side, offset }) => new NearestRuns(side, offset));
  const topic = pairsTopicOf(identity.link);
  const shards = [...new Set(asked.map(({ shard }) => shard))];
  for (const [index, shard] of shards.entries()) {
    const byName = Map.groupBy(asked.keys(), (at) => (asked[at]?.shard === shard ? asked[at].name : ''));
    const ends = [];
    for (const at of ['earliest', 'latest'] as const) {
      const found = await listOffsets(target, topic, [shard], at, 'read_committed');
      ends.push(found.get(shard)?.offset ?? 0n);
    }
    const [from = 0n, to = 0n] = ends;
    progress(`reading the offset pairs of shard ${shard} (${index + 1} of ${shards.length}): ${to - from}`);
    const place = { cluster: target, topic, partition: shard };
    await readRange(place, { from, to, isolation: 'read_committed' }, ({ key, value }) => {
      const concerned = byName.get(key?.toString() ?? '');
      if (concerned === undefined || value === null) return;
      for (const run of decodePairs(value)) for (const at of concerned) nearest[at]?.see(run);
    });
  }
  return nearest;
}
