import {
  encodeBatch,
  KafkaError,
  openCluster,
  openTransactionSession,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '@penstock/kafka';
import type { TestedClient } from '../tested-client.ts';

interface Settle {
  resolve(): void;
  reject(error: Error): void;
}

export const penstock: TestedClient = {
  async openProducer(bootstrap) {
    const cluster = await openCluster({ bootstrap, clientId: 'compare' });
    const producer = await startBatchProducer<Settle>(cluster, {
      lingerMs: 0,
      // A batch for each record, as the others make of their sends.
      batchBytes: 1,
      onSettled({ outcome, error, tokens }) {
        for (const settle of tokens) {
          if (outcome === 'written') settle.resolve();
          else settle.reject(error ?? new Error(outcome));
        }
      },
    });
    return {
      async send(topic, partition, value) {
        const record = { key: null, value: Buffer.from(value), timestampMs: Date.now() };
        const { promise, resolve, reject } = Promise.withResolvers<void>();
        if (!producer.append(topic, partition, record, { resolve, reject })) throw new Error('no room');
        return promise;
      },
      async close() {
        await producer[Symbol.asyncDispose]();
        await cluster[Symbol.asyncDispose]();
      },
    };
  },

  async openTransactions(bootstrap, transactionalId) {
    const cluster = await openCluster({ bootstrap, clientId: 'compare' });
    const session = await openTransactionSession(cluster, { transactionalId });
    return {
      async send(topic, value) {
        session.append(
          topic,
          0,
          encodeBatch([{ key: null, value: Buffer.from(value), timestampMs: Date.now() }]),
        );
      },
      async commit() {
        await session.commit();
      },
      async close() {
        await session[Symbol.asyncDispose]();
        await cluster[Symbol.asyncDispose]();
      },
    };
  },

  async read({ bootstrap, topic, bytesMax }, onValue) {
    const cluster = await openCluster({ bootstrap, clientId: 'compare' });
    const fetcher = startFetcher(cluster, { isolation: 'read_committed', partitionMaxBytes: bytesMax });
    fetcher.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
    const closing = new AbortController();
    const reading = (async () => {
      while (!closing.signal.aborted) {
        for (using fetched of await fetcher.next({ signal: closing.signal })) {
          for (const batch of fetched.batches) {
            for (const { value } of readRecords(batch)) onValue(value?.toString() ?? '');
          }
        }
      }
    })();
    return {
      async close() {
        closing.abort();
        await reading.catch((error: unknown) => {
          if (!(error instanceof KafkaError)) throw error;
        });
        fetcher[Symbol.dispose]();
        await cluster[Symbol.asyncDispose]();
      },
    };
  },
};
