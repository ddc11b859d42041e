import { Kafka, logLevel } from 'kafkajs';
import type { RetryOptions } from 'kafkajs';
import { runJob, transactMsMax, valueOf } from './client-process.ts';
import type { Done, Job } from './client-process.ts';
import { sendInGroups } from './send-in-groups.ts';

await runJob({ produce, consume, transact });

async function produce(job: Job): Promise<Done> {
  const { topic } = job;
  const producer = client(job).producer({ idempotent: true, allowAutoTopicCreation: false });
  await producer.connect();
  const value = valueOf(job);
  const latenciesMs = await sendInGroups(job, (partitionOf) => {
    const messages = partitionOf.map((partition) => ({ key: null, value, partition }));
    return producer.send({ topic, acks: -1, messages });
  });
  return { latenciesMs, leave: () => producer.disconnect() };
}

async function consume(job: Job): Promise<Done> {
  const consumer = client(job).consumer({
    groupId: `${job.topic}-kafkajs-${process.pid}`,
    maxBytesPerPartition: 1024 * 1024,
    maxWaitTimeInMs: 500,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: job.topic, fromBeginning: true });
  let left = job.records;
  let seen = 0;
  let startedMs = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      startedMs ||= performance.now();
      for (const { key, value } of batch.messages) seen += (key?.length ?? 0) + (value?.[0] ?? 0);
      left -= batch.messages.length;
      if (left <= 0) resolve();
    },
  });
  await promise;
  const workMs = performance.now() - startedMs;
  if (seen === 0) throw new Error('empty records');
  return { workMs, leave: () => consumer.disconnect() };
}

async function transact(job: Job): Promise<Done> {
  const { topic, partitions, records } = job;
  // It waits for the markers of the commit before by asking again: after 300 ms by default.
  const kafka = client(job, { initialRetryTime: 10, maxRetryTime: 100, retries: 100 });
  const producer = kafka.producer({ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  const value = valueOf(job);
  const latenciesMs: number[] = [];
  const until = performance.now() + transactMsMax;
  for (let done = 0; done < records && performance.now() < until; done++) {
    const startedMs = performance.now();
    const transaction = await producer.transaction();
    const messages = Array.from({ length: partitions }, (_, partition) => ({ key: null, value, partition }));
    await transaction.send({ topic, acks: -1, messages });
    await transaction.commit();
    latenciesMs.push(performance.now() - startedMs);
  }
  return { latenciesMs, leave: () => producer.disconnect() };
}

function client({ bootstrap }: Job, retry: RetryOptions = {}): Kafka {
  return new Kafka({ brokers: [...bootstrap], clientId: 'bench', logLevel: logLevel.NOTHING, retry });
}
