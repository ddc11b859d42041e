import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import { retrying } from '../errors/retrying.ts';
import { writeTxnMarkersRequest } from '../requests/describe-transactions.ts';
import type { TransactionInLog } from './open-transactions.ts';

/**
 * Ends a stuck transaction in one partition in the way that its coordinator has decided: 'commit' makes its
 * records visible, 'abort' hides them for ever. Kafka's own tools can only abort, which loses records if the
 * transaction was committed elsewhere. Needs ClusterAction (or Alter) on the cluster. Throws KafkaError.
 */
export async function writeMarker(
  cluster: Cluster,
  open: TransactionInLog,
  outcome: 'commit' | 'abort',
): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = open;
  using connections = cluster.connectionsFor('write-marker');
  await retrying(
    `the marker in ${topic}-${partition}`,
    async () => {
      await cluster.refresh(topic);
      const leader = cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
      if (leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`);
      const answer = await connections.call(leader, writeTxnMarkersRequest, {
        producerId,
        producerEpoch,
        commit: outcome === 'commit',
        topic,
        partition,
        coordinatorEpoch: Math.max(0, coordinatorEpoch),
      });
      const code = errorName(answer.markers[0]?.topics[0]?.partitions[0]?.errorCode ?? -1);
      if (code !== 'NONE') throw new KafkaError(code, `the marker in ${topic}-${partition}`);
    },
    { timeoutMs: 10_000 },
  );
}
