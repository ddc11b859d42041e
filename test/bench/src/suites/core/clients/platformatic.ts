import { Consumer, FetchIsolationLevels, MessagesStreamModes, Producer } from '@platformatic/kafka';
import { runJob, transactMsMax, valueOf } from './client-process.ts';
import type { Done, Job } from './client-process.ts';
import { sendInGroups } from './send-in-groups.ts';

await runJob({ produce, consume, transact });

async function produce(job: Job): Promise<Done> {
  const { topic } = job;
  const producer = new Producer({ ...options(job), idempotent: true, acks: -1 });
  const value = valueOf(job);
  const latenciesMs = await sendInGroups(job, (partitionOf) =>
    producer.send({ messages: partitionOf.map((partition) => ({ topic, value, partition })) }),
  );
  return { latenciesMs, leave: () => producer.close() };
}

async function consume(job: Job): Promise<Done> {
  const consumer = new Consumer({
    ...options(job),
    groupId: `${job.topic}-platformatic-${process.pid}`,
    autocommit: false,
    isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    maxBytes: 8 * 1024 * 1024,
    maxBytesPerPartition: 1024 * 1024,
    maxWaitTime: 500,
  });
  const stream = await consumer.consume({ topics: [job.topic], mode: MessagesStreamModes.EARLIEST });
  let left = job.records;
  let seen = 0;
  let startedMs = 0;
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject);
    stream.once('data', () => (startedMs = performance.now()));
    stream.on('data', ({ key, value }) => {
      seen += (key?.length ?? 0) + (value?.[0] ?? 0);
      if (--left === 0) resolve();
    });
  });
  const workMs = performance.now() - startedMs;
  if (seen === 0) throw new Error('empty records');
  return {
    workMs,
    async leave() {
      await stream.close();
      await consumer.close(true);
    },
  };
}

async function transact(job: Job): Promise<Done> {
  const { topic, partitions, records } = job;
  // Without the two -1 a restart with the same id would be fenced; here it only makes the first start like
  // any other.
  const identity = { transactionalId: topic, producerId: -1n, producerEpoch: -1 };
  // It waits for the markers of the commit before by asking again: after 1 s by default.
  const retry = { retryDelay: 10, retries: 1_000 };
  const producer = new Producer({ ...options(job), ...identity, ...retry, idempotent: true, acks: -1 });
  const value = valueOf(job);
  const latenciesMs: number[] = [];
  const until = performance.now() + transactMsMax;
  for (let done = 0; done < records && performance.now() < until; done++) {
    const startedMs = performance.now();
    const transaction = await producer.beginTransaction();
    const messages = Array.from({ length: partitions }, (_, partition) => ({ topic, value, partition }));
    await transaction.send({ messages });
    await transaction.commit();
    latenciesMs.push(performance.now() - startedMs);
  }
  return { latenciesMs, leave: () => producer.close() };
}

function options({ bootstrap }: Job) {
  return { clientId: 'bench', bootstrapBrokers: [...bootstrap] };
}
