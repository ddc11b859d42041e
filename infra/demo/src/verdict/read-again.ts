import { readTopic, type Cluster } from '@penstock/kafka';
import {
  readEvent,
  readRejection,
  type ArrivedEvent,
  type ArrivedRejection,
} from '../samples/arrived-record.ts';
import { topics } from '../pipeline/topic-names.ts';

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
  await readTopic(datacenter, raw, () => (whole.rawRecords += 1), { signal });
  await readTopic(datacenter, clean, (record, at) => whole.clean.push(readEvent(record, at, nowMs)), {
    signal,
  });
  await readTopic(
    datacenter,
    rejected,
    (record, at) => whole.rejected.push(readRejection(record, at, nowMs)),
    { signal },
  );
  await readTopic(
    master,
    topics.master.clean,
    (record, at) => whole.arrived.push(readEvent(record, at, nowMs)),
    { signal },
  );
  return whole;
}
