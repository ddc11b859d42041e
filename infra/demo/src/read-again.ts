import { listOffsets, readRange, type Cluster, type RecordView } from '@penstock/kafka';
import { readEvent, readRejection, type ArrivedEvent, type ArrivedRejection } from './arrived-record.ts';
import { topics } from './topic-names.ts';

/** Everything there is, read once more from the beginning by a new reader. */
export interface WholeTopics {
  rawRecords: number;
  clean: ArrivedEvent[];
  rejected: ArrivedRejection[];
  arrived: ArrivedEvent[];
}

export async function readAgain(
  datacenter: Cluster,
  master: Cluster,
  signal: AbortSignal,
): Promise<WholeTopics> {
  const whole: WholeTopics = { rawRecords: 0, clean: [], rejected: [], arrived: [] };
  const nowMs = Date.now();
  const { raw, clean, rejected } = topics.datacenter;
  await readWhole(datacenter, raw, signal, () => (whole.rawRecords += 1));
  await readWhole(datacenter, clean, signal, (record, at) => whole.clean.push(readEvent(record, at, nowMs)));
  await readWhole(datacenter, rejected, signal, (record, at) =>
    whole.rejected.push(readRejection(record, at, nowMs)),
  );
  await readWhole(master, topics.master.clean, signal, (record, at) =>
    whole.arrived.push(readEvent(record, at, nowMs)),
  );
  return whole;
}

async function readWhole(
  cluster: Cluster,
  topic: string,
  signal: AbortSignal,
  visit: (record: RecordView, partition: number) => void,
): Promise<void> {
  const partitions = [...(await cluster.topic(topic)).partitions.keys()];
  const ends = await listOffsets(cluster, topic, partitions, 'latest', 'read_committed', { signal });
  for (const [partition, { offset }] of ends) {
    const each = (record: RecordView): void => visit(record, partition);
    await readRange(cluster, topic, partition, 0n, offset, 'read_committed', each, { signal });
  }
}
