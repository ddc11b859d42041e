// A process that copies `input` to `output`, each record once, as exactly-once services do: positions in the same
// transaction as the copies. Told by its environment; says a line for each commit, so that a test knows when to strike.
import {
  committedOffsets,
  encodeBatch,
  joinGroup,
  memberIdOf,
  openCluster,
  openTxnSession,
  partitionKey,
  readRecords,
  startFetcher,
  TransactionError,
} from '../src/index.ts';
import type { GroupMember, TopicPartition } from '../src/index.ts';

const { BOOTSTRAP = '', INPUT = '', OUTPUT = '', GROUP = '', IDENTITY = '' } = process.env;

const cluster = await openCluster({ bootstrap: BOOTSTRAP.split(','), clientId: IDENTITY });
await cluster.topic(INPUT);
const session = await openTxnSession(cluster, { transactionalId: IDENTITY });
const fetcher = startFetcher(cluster, {
  isolation: 'read_committed',
  maxWaitMs: 100,
  partitionMaxBytes: 2_000,
});
const owned = new Map<string, TopicPartition>();
const fresh: TopicPartition[] = [];
const memberId = memberIdOf(IDENTITY);
let working: Promise<void> = Promise.resolve();
let fenced = false;

const give = async (partitions: TopicPartition[]): Promise<void> => {
  for (const { topic, partition } of partitions) {
    fetcher.unassign(topic, partition);
    owned.delete(partitionKey(topic, partition));
  }
  await working;
};
const member: GroupMember = await joinGroup(cluster, {
  groupId: GROUP,
  memberId,
  topics: [INPUT],
  onAssigned: (partitions) => {
    for (const entry of partitions) owned.set(partitionKey(entry.topic, entry.partition), entry);
    fresh.push(...partitions);
  },
  onRevoked: give,
  onLost: give,
});

process.stdout.write('joined\n');
for (;;) {
  working = turn();
  await working;
}

/** One transaction: what was fetched is copied, and the positions go with it. */
async function turn(): Promise<void> {
  if (fenced) {
    await member.heartbeatNow();
    await session.takeover();
    fenced = false;
    fresh.push(...owned.values());
  }
  await seek(fresh.splice(0));
  const offsets = [];
  for (const { topic, partition, batches, nextOffset, lastEpoch } of await fetcher.next({ maxWaitMs: 100 })) {
    if (!owned.has(partitionKey(topic, partition))) continue;
    for (const batch of batches) {
      const copies = [...readRecords(batch)].map(({ value, timestampMs }) => ({
        key: null,
        value,
        timestampMs,
      }));
      session.append(OUTPUT, partition, encodeBatch(copies));
    }
    offsets.push({ topic, partition, offset: nextOffset, leaderEpoch: lastEpoch });
  }
  if (offsets.length === 0) return;
  session.offsets({ groupId: GROUP, memberId, memberEpoch: () => member.epoch, offsets });
  try {
    await session.commit();
    process.stdout.write('committed\n');
  } catch (error) {
    if (!(error instanceof TransactionError) || error.outcome === 'fatal') throw error;
    process.stdout.write(`${error.outcome} ${error.code}\n`);
    fenced = error.outcome === 'fenced';
    fresh.push(...owned.values());
  }
}

/** Positions come from Kafka, never from memory. */
async function seek(partitions: TopicPartition[]): Promise<void> {
  if (partitions.length === 0) return;
  const committed = await committedOffsets(cluster, {
    groupId: GROUP,
    memberId,
    memberEpoch: () => member.epoch,
    partitions,
  });
  for (const { topic, partition } of partitions) {
    fetcher.unassign(topic, partition);
    if (!owned.has(partitionKey(topic, partition))) continue;
    const offset = committed.get(partitionKey(topic, partition))?.offset ?? 0n;
    fetcher.assign(topic, partition, { offset, lastFetchedEpoch: -1 });
  }
}
