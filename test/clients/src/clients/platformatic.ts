import { Consumer, FetchIsolationLevels, MessagesStreamModes, Producer } from '@platformatic/kafka';
import type { TestedClient } from '../tested-client.ts';

type Transaction = Awaited<ReturnType<Producer['beginTransaction']>>;

export const platformatic: TestedClient = platformaticWith({});

/** What its own options allow against its fencing itself: "no producer id yet" said as Kafka says it. */
export const platformaticFresh: TestedClient = platformaticWith({ producerId: -1n, producerEpoch: -1 });

function platformaticWith(identity: { producerId?: bigint; producerEpoch?: number }): TestedClient {
  return {
    async openProducer(bootstrap) {
      const producer = new Producer({ ...options(bootstrap), idempotent: true, acks: -1 });
      return {
        async send(topic, partition, value) {
          await producer.send({ messages: [{ topic, partition, value: Buffer.from(value) }] });
        },
        close: () => producer.close(),
      };
    },

    async openTransactions(bootstrap, transactionalId) {
      const producer = new Producer({
        ...options(bootstrap),
        ...identity,
        transactionalId,
        idempotent: true,
        acks: -1,
      });
      let open: Transaction | undefined;
      return {
        async send(topic, value) {
          open ??= await producer.beginTransaction();
          await open.send({ messages: [{ topic, partition: 0, value: Buffer.from(value) }] });
        },
        async commit() {
          const transaction = open;
          open = undefined;
          await transaction?.commit();
        },
        close: () => producer.close(true),
      };
    },

    async read({ bootstrap, topic, bytesMax }, onValue) {
      const consumer = new Consumer({
        ...options(bootstrap),
        groupId: `compare-${topic}-${process.pid}`,
        autocommit: false,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
        maxBytesPerPartition: bytesMax,
        maxWaitTime: 200,
      });
      const stream = await consumer.consume({ topics: [topic], mode: MessagesStreamModes.EARLIEST });
      stream.on('data', ({ value }) => onValue(value?.toString() ?? ''));
      return {
        async close() {
          await stream.close();
          await consumer.close(true);
        },
      };
    },
  };
}

function options(bootstrap: readonly string[]) {
  return { clientId: 'compare', bootstrapBrokers: [...bootstrap] };
}
