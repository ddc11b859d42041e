import { uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { measureProcess } from '../../measured-process.ts';
import type { Job, Role } from './clients/client-process.ts';
import { penstock } from './contender.ts';

/** The same for every client. */
export const workload = { partitions: 6, valueBytes: 1024, batchBytes: 512 * 1024, lingerMs: 10 };

export function jobFor(kafka: Pick<TestKafka, 'bootstrap'>, role: Role, topic: string, records: number): Job {
  return { ...workload, role, topic, records, bootstrap: kafka.bootstrap, target: '' };
}

/**
 * A topic that goes with its job: a broker's disk and its page cache are the same for the first and for the
 * last.
 */
export async function passingTopic(
  kafka: TestKafka,
  name: string,
): Promise<{ topic: string } & AsyncDisposable> {
  const topic = uniqueName(name);
  await kafka.createTopic(topic, { partitions: workload.partitions });
  return {
    topic,
    [Symbol.asyncDispose]: () => kafka.admin((admin) => admin.deleteTopics({ topics: [topic] })),
  };
}

/** Topics that hold so many records in batches of the workload's size, by their number. */
export async function filledTopics(
  kafka: TestKafka,
  name: string,
  counts: readonly number[],
): Promise<ReadonlyMap<number, string>> {
  const topics = new Map<number, string>();
  for (const records of counts) {
    const topic = uniqueName(`${name}-${records}`);
    await kafka.createTopic(topic, { partitions: workload.partitions });
    await measureProcess(penstock.launch(jobFor(kafka, 'produce', topic, records)), 60_000);
    topics.set(records, topic);
  }
  return topics;
}
