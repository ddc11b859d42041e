import { Kafka, logLevel } from 'kafkajs';
import type { Transaction } from 'kafkajs';
import type { TestedClient } from '../tested-client.ts';

export const kafkajs: TestedClient = {
  async openProducer(bootstrap) {
    const producer = client(bootstrap).producer({ idempotent: true });
    await producer.connect();
    return {
      async send(topic, partition, value) {
        await producer.send({ topic, acks: -1, messages: [{ partition, value }] });
      },
      close: () => producer.disconnect(),
    };
  },

  async openTransactions(bootstrap, transactionalId) {
    const producer = client(bootstrap).producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    let open: Transaction | undefined;
    return {
      async send(topic, value) {
        open ??= await producer.transaction();
        await open.send({ topic, acks: -1, messages: [{ partition: 0, value }] });
      },
      async commit() {
        const transaction = open;
        open = undefined;
        await transaction?.commit();
      },
      close: () => producer.disconnect(),
    };
  },

  async read({ bootstrap, topic, bytesMax }, onValue) {
    const consumer = client(bootstrap).consumer({
      groupId: `compare-${topic}-${process.pid}`,
      readUncommitted: false,
      maxBytesPerPartition: bytesMax,
      maxWaitTimeInMs: 200,
    });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => onValue(message.value?.toString() ?? ''),
    });
    return { close: () => consumer.disconnect() };
  },
};

function client(bootstrap: readonly string[]): Kafka {
  return new Kafka({ brokers: [...bootstrap], clientId: 'compare', logLevel: logLevel.NOTHING });
}
