import {
  encodeBatch,
  joinGroup,
  memberIdOf,
  openTransactionSession,
  readRecords,
  startBatchProducer,
  startFetcher,
} from '../src/index.ts';
import type { Cluster, TopicPartition } from '../src/index.ts';
import { uniqueName } from '@penstock/test-broker';

/**
 * Everything that this package does, once: produces to `input` for a while, and a member of a group copies it
 * to `output`, with the positions in the same transactions. Resolves with the acknowledged values once all of
 * them are copied.
 */
export async function copyOnce(
  cluster: Cluster,
  o: { input: string; output: string; forMs: number },
): Promise<string[]> {
  const written: string[] = [];
  const { partitions } = await cluster.topic(o.input);
  await using producer = await startBatchProducer(cluster, {
    onSettled({ outcome, tokens, error }) {
      if (outcome !== 'written') throw new Error(`a batch is ${outcome}`, { cause: error });
      written.push(...tokens.map(String));
    },
  });
  const until = Date.now() + o.forMs;
  let producing = true;
  const produced = (async () => {
    for (let number = 0; Date.now() < until; number++) {
      const value = Buffer.from(`value ${number}`);
      const record = { key: null, value, timestampMs: Date.now() };
      producer.append(o.input, number % partitions.length, record, `value ${number}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await producer.drain();
    producing = false;
  })();

  const transactionalId = uniqueName('copy');
  const groupId = uniqueName('copies');
  const memberId = memberIdOf(transactionalId);
  await using session = await openTransactionSession(cluster, { transactionalId });
  using fetcher = startFetcher(cluster, { isolation: 'read_committed', maxWaitMs: 100 });
  await using member = await joinGroup(cluster, {
    groupId,
    memberId,
    topics: [o.input],
    onAssigned(assigned: TopicPartition[]) {
      for (const { topic, partition } of assigned) {
        fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
      }
    },
    onRevoked: async () => undefined,
    onLost: async () => undefined,
  });
  let copied = 0;
  const deadline = until + 30_000;
  while (producing || copied < written.length) {
    if (Date.now() > deadline) throw new Error(`${copied} of ${written.length} are copied`);
    const fetched = await fetcher.next({ maxWaitMs: 100 });
    const positions = fetched.map(({ topic, partition, nextOffset, lastEpoch }) => {
      return { topic, partition, offset: nextOffset, leaderEpoch: lastEpoch };
    });
    for (const { partition, batches } of fetched) {
      const records = batches.flatMap((batch) => [...readRecords(batch)]);
      copied += records.length;
      if (records.length === 0) continue;
      const copies = records.map(({ value, timestampMs }) => ({ key: null, value, timestampMs }));
      session.append(o.output, partition, encodeBatch(copies));
    }
    if (positions.length === 0) continue;
    session.offsets({ groupId, memberId, memberEpoch: () => member.epoch, positions });
    await session.commit();
  }
  await produced;
  return written;
}
