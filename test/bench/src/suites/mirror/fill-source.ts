import { encodeBatch, listOffsets, openCluster, openTransactionSession, retrying } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { valueBytes } from './workloads.ts';
import type { Workload } from './workloads.ts';

/** A source topic that is full, and takes no more. */
export interface FilledTopic {
  readonly topic: string;
  readonly workload: Workload;
  /** Of its batches, as they lie in the log. */
  readonly storedBytes: number;
}

const transactionBytes = 16 * 1024 * 1024;
/** So many different batches, again and again: making each would take minutes. */
const distinctBatches = 16;

/** Committed records like events: JSON that compresses to about a third. */
export async function fillSource(
  kafka: TestKafka,
  workload: Workload,
  say: (line: string) => void,
): Promise<FilledTopic> {
  const topic = uniqueName('bench-mirror');
  const { partitions } = workload;
  await kafka.createTopic(topic, { partitions });
  const perBatch = Math.floor(workload.batchBytes / valueBytes);
  const batches = Array.from({ length: distinctBatches }, (_, index) =>
    encodeBatch(eventsOf(index, perBatch), { codec: workload.codec }),
  );
  await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'bench-fill' });
  // A broker that has just been given 1000 partitions leads them before it takes anything for them.
  const all = Array.from({ length: partitions }, (_, partition) => partition);
  await retrying(
    'waiting for the partitions',
    () => listOffsets(cluster, topic, all, 'latest', 'read_committed'),
    { timeoutMs: 120_000 },
  );
  await using session = await openTransactionSession(cluster, { transactionalId: topic });
  let storedBytes = 0;
  const fifths = (records: number): number => Math.floor((5 * records) / workload.records);
  for (let left = workload.records, number = 0; left > 0; number += 1) {
    // The last one is shorter, so that the number is right.
    const { bytes, count } =
      left >= perBatch
        ? batches[number % distinctBatches]!
        : encodeBatch(eventsOf(number, left), { codec: workload.codec });
    // A session signs the batch anew in its own place, so each needs bytes of its own.
    session.append(topic, number % partitions, { bytes: Buffer.from(bytes), count });
    left -= count;
    storedBytes += bytes.length;
    if (session.openBytes >= transactionBytes) await session.commit();
    if (fifths(left) < fifths(left + count)) say(`${workload.records - left} records are in the source`);
  }
  if (session.openBytes > 0) await session.commit();
  return { topic, workload, storedBytes };
}

function eventsOf(seed: number, count: number) {
  let state = seed * 7919 + 1;
  const nowMs = Date.now(); // brokers delete what is a week old
  const random = (): number => (state = (Math.imul(state, 48_271) >>> 0) % 2_147_483_647);
  return Array.from({ length: count }, () => {
    const event: Record<string, unknown> = { type: 'page-view', client: 'web/4.2.1', platform: 'linux' };
    event['id'] = `${random().toString(16)}-${random().toString(16)}-${random().toString(16)}`;
    for (let field = 0; JSON.stringify(event).length < valueBytes - 36; field += 1) {
      event[`measure${field}`] = field % 3 === 0 ? `section-${random() % 50}` : random();
    }
    const text = JSON.stringify(event).padEnd(valueBytes).slice(0, valueBytes);
    return { key: null, value: Buffer.from(text), timestampMs: nowMs + (random() % 1_000) };
  });
}
