import type { Cluster } from '../cluster/cluster.ts';
import type { Lane, SendableBatch } from '../produce/lane.ts';
import type { StuckPartition } from './errors.ts';

/**
 * The partitions that are to be given up together with one that was found to take nothing: found one by one, each would cost the
 * others another abort. Those that fail as well, nearly as long; and when nobody has refused anything, so that the
 * broker hangs, all that wait for the same one.
 */
export function stuckWith<B extends SendableBatch>(
  cluster: Cluster,
  found: Lane<B>,
  lanes: Iterable<Lane<B>>,
  isFailing: (lane: Lane<B>) => boolean,
): StuckPartition[] {
  const leaderOf = ({ topic, partition }: Lane<B>): number =>
    cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
  const hangs = (lane: Lane<B>): boolean =>
    found.failingSince === 0 && lane.inFlight.length > 0 && leaderOf(lane) === leaderOf(found);
  return [...lanes]
    .filter((lane) => lane === found || (!lane.idle && (isFailing(lane) || hangs(lane))))
    .map(({ topic, partition }) => ({ topic, partition }));
}
