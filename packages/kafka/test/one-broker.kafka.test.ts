import { startKafka, uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import {
  joinGroup,
  memberIdOf,
  openCluster,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { BatchProducer, Fetcher } from '../src/index.ts';

// This test kills its broker, so it starts one. For three brokers and moving leaders see
// broker-moves.kafka.test.ts.

function append(producer: BatchProducer<number>, topic: string, from: number, count: number): void {
  for (let number = from; number < from + count; number++) {
    const record = { key: null, value: Buffer.from(String(number)), timestampMs: Date.now() };
    producer.append(topic, 0, record, number);
  }
}

/** Adds what arrives to `seen` until `count` values are there. */
async function collect(fetcher: Fetcher, seen: number[], count: number): Promise<void> {
  const signal = AbortSignal.timeout(60_000);
  while (seen.length < count && !signal.aborted) {
    for (const { batches, problem } of await fetcher.next({ signal })) {
      expect(problem).toBeUndefined();
      for (const batch of batches)
        for (const { value } of readRecords(batch)) seen.push(Number(String(value)));
    }
  }
  expect(seen).toEqual(Array.from({ length: count }, (_, number) => number));
}

test('the only broker is restarted and killed: readers and members go on', { timeout: 120_000 }, async () => {
  await using kafka = await startKafka({ name: 'one-broker' });
  const { bootstrap } = kafka;
  await using cluster = await openCluster({ bootstrap, clientId: 'one-broker', requestTimeoutMs: 3_000 });
  const topic = uniqueName('one-broker');
  await kafka.createTopic(topic);
  await using producer = await startBatchProducer<number>(cluster, { lingerMs: 0, onSettled() {} });
  const told: string[] = [];
  await using member = await joinGroup(cluster, {
    groupId: uniqueName('group'),
    memberId: memberIdOf(uniqueName('member')),
    topics: [topic],
    onAssigned: (partitions) => void told.push(`assigned ${partitions.length}`),
    onRevoked: async (partitions) => void told.push(`revoked ${partitions.length}`),
    onLost: async (partitions) => void told.push(`lost ${partitions.length}`),
  });
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
  const seen: number[] = [];
  append(producer, topic, 0, 10);
  await collect(fetcher, seen, 10);
  await kafka.brokers[0]!.restart();
  append(producer, topic, 10, 10);
  await collect(fetcher, seen, 20);
  await kafka.brokers[0]!.kill();
  await kafka.brokers[0]!.start();
  append(producer, topic, 20, 10);
  await collect(fetcher, seen, 30);
  await member.heartbeatNow();
  expect(told).toEqual(['assigned 1']);

  // The leader's epoch 0 ended at 10, so nobody can stand at 15 having read in it: the log that was read is
  // gone.
  using misled = startFetcher(cluster, { isolation: 'read_committed' });
  misled.assign(topic, 0, { offset: 15n, lastFetchedEpoch: 0 });
  const [fetched] = await misled.next({ maxWaitMs: 10_000 });
  expect(fetched?.problem).toMatchObject({ kind: 'truncated', from: 10n, to: 15n });
});
