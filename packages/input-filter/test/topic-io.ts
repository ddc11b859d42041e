import {
  listOffsets,
  openCluster,
  readRange,
  startBatchProducer,
  type Cluster,
  type Isolation,
  type OutgoingRecord,
  type RecordView,
} from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';
import { onTestFinished } from 'vitest';

/** A client of the test's own, closed when the test ends. */
export async function clientOf(kafka: TestKafka): Promise<Cluster> {
  const cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'test' });
  onTestFinished(() => cluster[Symbol.asyncDispose]());
  return cluster;
}

/** Writes records to one partition and settles when all are acknowledged. */
export async function write(
  cluster: Cluster,
  topic: string,
  records: readonly OutgoingRecord[],
  partition = 0,
): Promise<void> {
  const failures: unknown[] = [];
  await using producer = await startBatchProducer(cluster, {
    deliveryTimeoutMs: 240_000, // a busy machine, or a broker that is down as part of the test
    onSettled: (settlement) => {
      if (settlement.outcome !== 'written') failures.push(settlement.error ?? settlement.outcome);
    },
  });
  for (const record of records) producer.append(topic, partition, record, 0);
  await producer.drain();
  if (failures.length > 0) throw new Error(`not written: ${String(failures[0])}`);
}

/** Everything in one partition that a consumer of this isolation sees. */
export async function read(
  cluster: Cluster,
  topic: string,
  partition = 0,
  isolation: Isolation = 'read_committed',
): Promise<RecordView[]> {
  const at = async (which: 'earliest' | 'latest') =>
    (await listOffsets(cluster, topic, [partition], which, isolation)).get(partition)!.offset;
  const records: RecordView[] = [];
  const range = { from: await at('earliest'), to: await at('latest'), isolation };
  await readRange({ cluster, topic, partition }, range, (record) => records.push(record));
  return records;
}
