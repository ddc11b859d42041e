import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../cluster/errors.ts';
import { retrying } from '../cluster/retrying.ts';
import { writeTxnMarkersRequest } from '../requests/describe-transactions.ts';
import type { OpenTransaction } from './stuck-transactions.ts';

/**
 * Ends a stuck transaction in one partition as its coordinator has decided it: `commit` makes its records visible, false hides them for
 * ever. Kafka's own tools can only abort, and an abort of what was committed everywhere else loses it. Needs ClusterAction
 * (or Alter) on the cluster. Throws KafkaError.
 */
export async function writeMarker(cluster: Cluster, open: OpenTransaction, commit: boolean): Promise<void> {
  const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = open;
  using link = cluster.link('write-marker');
  await retrying(
    `marker of ${topic}-${partition}`,
    async () => {
      await cluster.refresh(topic);
      const leader = cluster.knownTopic(topic)?.partitions[partition]?.leader ?? -1;
      if (leader < 0) throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic}-${partition}`);
      const answer = await link.call(leader, writeTxnMarkersRequest, {
        producerId,
        producerEpoch,
        commit,
        topic,
        partition,
        coordinatorEpoch: Math.max(0, coordinatorEpoch),
      });
      const code = errorName(answer.markers[0]?.topics[0]?.partitions[0]?.errorCode ?? -1);
      if (code !== 'NONE') throw new KafkaError(code, `marker of ${topic}-${partition}`);
    },
    { deadlineMs: 10_000 },
  );
}
