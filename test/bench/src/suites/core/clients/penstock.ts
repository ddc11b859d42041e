import {
  openCluster,
  openTransactionSession,
  encodeBatch,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '@penstock/kafka';
import type { Cluster, Fetched, Fetcher } from '@penstock/kafka';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { runJob, transactMsMax, valueOf } from './client-process.ts';
import type { Done, Job } from './client-process.ts';

const recordsPerTurn = 500;
/** As the others' defaults for unsent records are, or a little more. */
const memoryBytes = 64 * 1024 * 1024;
/** What the Mirror commits at once when it lags. */
const commitBytes = 16 * 1024 * 1024;

await runJob({ produce, consume, relay, transact });

async function produce(job: Job): Promise<Done> {
  const { topic, partitions, records, lingerMs, batchBytes } = job;
  const cluster = await connect(job);
  const latenciesMs: number[] = [];
  let room: (() => void) | undefined;
  let failure: Error | undefined;
  const producer = await startBatchProducer<number>(cluster, {
    lingerMs,
    batchBytes,
    memoryBytes,
    onSettled({ outcome, error, tokens }) {
      if (outcome !== 'written') failure = error ?? new Error(outcome);
      latenciesMs.push(performance.now() - tokens[0]!);
      room?.();
    },
  });
  const value = valueOf(job);
  for (let sent = 0; sent < records && !failure;) {
    const timestampMs = Date.now();
    const nowMs = performance.now();
    const end = Math.min(records, sent + recordsPerTurn);
    while (sent < end && producer.append(topic, sent % partitions, { key: null, value, timestampMs }, nowMs))
      sent++;
    if (sent === end) await nextTurn();
    else await new Promise<void>((resolve) => (room = resolve));
  }
  await producer.drain();
  if (failure) throw failure;
  return {
    latenciesMs,
    async leave() {
      await producer[Symbol.asyncDispose]();
      await cluster[Symbol.asyncDispose]();
    },
  };
}

async function consume(job: Job): Promise<Done> {
  const cluster = await connect(job);
  const fetcher = fetchAll(cluster, job);
  let left = job.records;
  let startedMs = 0;
  let seen = 0;
  while (left > 0) {
    for (using fetched of await fetcher.next()) {
      startedMs ||= performance.now();
      for (const batch of fetched.batches) {
        for (const { key, value } of readRecords(batch)) {
          seen += (key?.length ?? 0) + (value?.[0] ?? 0);
          left--;
        }
      }
    }
  }
  const workMs = performance.now() - startedMs;
  if (seen === 0) throw new Error('empty records');
  return { workMs, leave: () => leave(fetcher, cluster) };
}

/**
 * As the Mirror does it: batches as they are, read_committed, into transactions; fetching goes on during a
 * commit.
 */
async function relay(job: Job): Promise<Done> {
  const cluster = await connect(job);
  const fetcher = fetchAll(cluster, job);
  const session = await openTransactionSession(cluster, { transactionalId: job.target });
  const open: Fetched[] = [];
  for (let left = job.records; left > 0;) {
    for (const fetched of await fetcher.next()) {
      open.push(fetched);
      for (const { bytes, count } of fetched.batches) {
        session.append(job.target, fetched.partition, { bytes, count });
        left -= count;
      }
    }
    if (session.openBytes < commitBytes && left > 0) continue;
    await session.commit();
    for (const fetched of open.splice(0)) fetched.release();
  }
  return { leave: () => Promise.all([session[Symbol.asyncDispose](), leave(fetcher, cluster)]) };
}

async function transact(job: Job): Promise<Done> {
  const { topic, partitions, records } = job;
  const cluster = await connect(job);
  const session = await openTransactionSession(cluster, { transactionalId: topic });
  const value = valueOf(job);
  const latenciesMs: number[] = [];
  const until = performance.now() + transactMsMax;
  for (let done = 0; done < records && performance.now() < until; done++) {
    const startedMs = performance.now();
    for (let partition = 0; partition < partitions; partition++) {
      session.append(topic, partition, encodeBatch([{ key: null, value, timestampMs: Date.now() }]));
    }
    await session.commit();
    latenciesMs.push(performance.now() - startedMs);
  }
  return {
    latenciesMs,
    leave: () => Promise.all([session[Symbol.asyncDispose](), cluster[Symbol.asyncDispose]()]),
  };
}

function connect({ bootstrap }: Job): Promise<Cluster> {
  return openCluster({ bootstrap, clientId: 'bench' });
}

function fetchAll(cluster: Cluster, { topic, partitions }: Job): Fetcher {
  const fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  for (let partition = 0; partition < partitions; partition++) {
    fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  }
  return fetcher;
}

async function leave(fetcher: Fetcher, cluster: Cluster): Promise<void> {
  fetcher[Symbol.dispose]();
  await cluster[Symbol.asyncDispose]();
}
