import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import { retrying } from '../errors/retrying.ts';
import { initProducerIdRequest } from '../requests/transaction.ts';

/** A fresh producer id for idempotent sends without transactions. Any broker gives one out. */
export async function newProducerId(cluster: Cluster, timeoutMs: number): Promise<bigint> {
  return retrying(
    'InitProducerId',
    async () => {
      const answer = await cluster.ask(initProducerIdRequest, null, 0, -1n, -1);
      if (answer.errorCode !== 0) throw new KafkaError(errorName(answer.errorCode), 'InitProducerId');
      return answer.producerId;
    },
    { timeoutMs },
  );
}
