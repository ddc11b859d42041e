import { startKafka, uniqueName } from '@penstock/test-broker';
import type { TestKafka } from '@penstock/test-broker';
import { afterAll, expect, test } from 'vitest';
import {
  joinGroup,
  memberIdOf,
  openCluster,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { BatchProducer, Cluster, Fetched, Fetcher } from '../src/index.ts';

// A broker of its own: it is killed here. Three of them, and moved leaders: broker-moves.kafka.test.ts.

const open: AsyncDisposable[] = [];

afterAll(async () => {
  for (const one of open.reverse()) await one[Symbol.asyncDispose]();
});

function kept<T extends AsyncDisposable>(one: T): T {
  open.push(one);
  return one;
}

async function begin(): Promise<{
  kafka: TestKafka;
  cluster: Cluster;
  topic: string;
  producer: BatchProducer;
}> {
  const kafka = kept(await startKafka({ name: 'one-broker' }));
  const cluster = kept(
    await openCluster({ bootstrap: kafka.bootstrap, clientId: 'moving-test', requestTimeoutMs: 3_000 }),
  );
  const topic = uniqueName('moving');
  await kafka.createTopic(topic);
  const producer = kept(await startBatchProducer(cluster, { lingerMs: 0, onSettled() {} }));
  return { kafka, cluster, topic, producer };
}

function append(
  producer: BatchProducer,
  topic: string,
  partition: number,
  from: number,
  count: number,
): void {
  for (let i = from; i < from + count; i++) {
    producer.append(
      topic,
      partition,
      { key: null, value: Buffer.from(String(i)), timestampMs: Date.now() },
      i,
    );
  }
}

/** Adds what arrives to `seen` until `count` values are there. */
async function collect(
  fetcher: Fetcher,
  seen: Map<number, string[]>,
  count: number,
  withinMs = 60_000,
): Promise<void> {
  const signal = AbortSignal.timeout(withinMs);
  const have = (): number => [...seen.values()].reduce((sum, { length }) => sum + length, 0);
  while (have() < count && !signal.aborted) {
    for (const fetched of await fetcher.next({ signal })) note(fetched, seen);
  }
  expect(have()).toBe(count);
}

function note(fetched: Fetched, seen: Map<number, string[]>): void {
  expect(fetched.problem).toBeUndefined();
  const values = seen.getOrInsertComputed(fetched.partition, () => []);
  for (const batch of fetched.batches)
    for (const record of readRecords(batch)) values.push(String(record.value));
}

function counted(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}

test('the only broker is restarted and killed: readers and members go on', { timeout: 120_000 }, async () => {
  const { kafka, cluster, topic, producer } = await begin();
  const told: string[] = [];
  const member = kept(
    await joinGroup(cluster, {
      groupId: uniqueName('group'),
      memberId: memberIdOf(uniqueName('member')),
      topics: [topic],
      onAssigned: (partitions) => void told.push(`assigned ${partitions.length}`),
      onRevoked: async (partitions) => void told.push(`revoked ${partitions.length}`),
      onLost: async (partitions) => void told.push(`lost ${partitions.length}`),
    }),
  );
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  fetcher.assign(topic, 0, { offset: 0n, lastFetchedEpoch: -1 });
  const seen = new Map<number, string[]>();
  append(producer, topic, 0, 0, 10);
  await collect(fetcher, seen, 10);
  await kafka.brokers[0]!.restart();
  append(producer, topic, 0, 10, 10);
  await collect(fetcher, seen, 20);
  await kafka.brokers[0]!.kill();
  await kafka.brokers[0]!.start();
  append(producer, topic, 0, 20, 10);
  await collect(fetcher, seen, 30);
  expect(seen.get(0)).toEqual(counted(30));
  await member.heartbeatNow();
  expect(told).toEqual(['assigned 1']);

  // The leader's epoch 0 ended at 10, so nobody can stand at 15 having read in it: the log that was read is gone.
  using misled = startFetcher(cluster, { isolation: 'read_committed' });
  misled.assign(topic, 0, { offset: 15n, lastFetchedEpoch: 0 });
  const [fetched] = await misled.next({ maxWaitMs: 10_000 });
  expect(fetched?.problem).toMatchObject({ kind: 'truncated', from: 10n, to: 15n });
});
