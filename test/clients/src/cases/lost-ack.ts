import { uniqueName } from '@penstock/test-broker';
import { judgeSends } from '../judgement.ts';
import { nothingActed } from '../promise-case.ts';
import type { PromiseCase } from '../promise-case.ts';

const partitions = 3;
const rounds = 3;
const concurrentSends = 50;

/** Contract test 1 of packages/kafka. */
export const lostAck: PromiseCase = {
  name: 'lost-ack',
  promise:
    'an acknowledged record is there once when one ack is lost ' +
    `among ${concurrentSends} concurrent idempotent sends (${rounds} times)`,

  async prepare(kafka) {
    const topic = uniqueName('compare-lost-ack');
    await kafka.createTopic(topic, { partitions });
    return { topic };
  },

  async act(client, { bootstrap, topic, loseNextAck }) {
    const producer = await client.openProducer(bootstrap);
    const sent: string[][] = Array.from({ length: partitions }, () => []);
    const acknowledged: string[] = [];
    const send = async (value: string, partition: number): Promise<void> => {
      sent[partition]?.push(value);
      try {
        await producer.send(topic, partition, value);
        acknowledged.push(value);
      } catch {
        // Refused: the caller knows that it may be there or not.
      }
    };
    for (let partition = 0; partition < partitions; partition++) await send(`warm ${partition}`, partition);
    for (let round = 0; round < rounds; round++) {
      await loseNextAck();
      const numbers = Array.from({ length: concurrentSends }, (_, index) => index);
      await Promise.all(numbers.map((index) => send(`round ${round} ${index}`, index % partitions)));
    }
    return { ...nothingActed, sent, acknowledged };
  },

  async judge(kafka, { topic }, { sent, acknowledged }) {
    const seen = await kafka.consoleConsume(topic, { timeoutMs: 2_000 });
    const valuesOf = (partition: number): string[] =>
      seen.filter((record) => record.partition === partition).map(({ value }) => value?.toString() ?? '');
    const byPartition = sent.map((values, partition) => ({ sent: values, seen: valuesOf(partition) }));
    return judgeSends(byPartition, new Set(acknowledged));
  },
};
