import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../cluster/errors.ts';
import { retrying } from '../cluster/retrying.ts';
import { initProducerIdRequest } from '../requests/transaction.ts';

export interface ProducerIdentity {
  producerId: bigint;
  producerEpoch: number;
}

/** A fresh producer id for idempotent sends without transactions: any broker gives one out. */
export async function newProducerId(cluster: Cluster, deadlineMs: number): Promise<ProducerIdentity> {
  return retrying(
    'InitProducerId',
    async () => {
      const answer = await cluster.ask(initProducerIdRequest, null, 0, -1n, -1);
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), 'InitProducerId');
      return { producerId: answer.producerId, producerEpoch: answer.producerEpoch };
    },
    { deadlineMs },
  );
}
