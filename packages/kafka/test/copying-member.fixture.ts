// A process that copies `input` to `output`, each record once, as exactly-once services do: with the
// positions in the same transaction as the copies. member-process.fixture.ts starts it; its environment says
// what to do. It prints a line for each commit and each change of what it owns, so that a test knows when to
// strike. At SIGTERM it finishes, leaves the group and ends.
import { setTimeout as sleep } from 'node:timers/promises';
import {
  committedOffsets,
  KafkaError,
  encodeBatch,
  joinGroup,
  memberIdOf,
  openCluster,
  openTransactionSession,
  readRecords,
  startFetcher,
  TransactionError,
} from '../src/index.ts';
import { partitionName } from '../src/topic-partition.ts';
import type { GroupMember, TopicPartition } from '../src/index.ts';

const {
  BOOTSTRAP = '',
  INPUT = '',
  OUTPUT = '',
  GROUP = '',
  IDENTITY = '',
  REQUEST_TIMEOUT_MS,
  FETCH_BYTES,
} = process.env;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
say('started');
const cluster = await openCluster({
  bootstrap: BOOTSTRAP.split(','),
  clientId: IDENTITY,
  requestTimeoutMs: Number(REQUEST_TIMEOUT_MS || 10_000),
});
await cluster.topic(INPUT);
const session = await openTransactionSession(cluster, { transactionalId: IDENTITY });
const fetcher = startFetcher(cluster, {
  isolation: 'read_committed',
  maxWaitMs: 100,
  partitionMaxBytes: Number(FETCH_BYTES || 50_000),
});
const owned = new Map<string, TopicPartition>();
const fresh: TopicPartition[] = [];
const memberId = memberIdOf(IDENTITY);
let working: Promise<void> = Promise.resolve();
let fenced = false;
let leaving = false;
process.once('SIGTERM', () => (leaving = true));
// The test holds the other end: if somebody kills the test, this process must end too.
process.stdin.on('end', () => process.kill(process.pid, 'SIGKILL')).resume();

const give = async (partitions: TopicPartition[]): Promise<void> => {
  for (const { topic, partition } of partitions) {
    fetcher.unassign(topic, partition);
    owned.delete(partitionName(topic, partition));
  }
  await working;
  say(`owns ${owned.size}`);
};
const member: GroupMember = await joinGroup(cluster, {
  groupId: GROUP,
  memberId,
  topics: [INPUT],
  onAssigned: (partitions) => {
    for (const entry of partitions) owned.set(partitionName(entry.topic, entry.partition), entry);
    fresh.push(...partitions);
    say(`owns ${owned.size}`);
  },
  onRevoked: give,
  onLost: give,
});

say('joined');
while (!leaving) {
  working = turn();
  await working;
}
await member.leave();
await session[Symbol.asyncDispose]();
fetcher[Symbol.dispose]();
await cluster[Symbol.asyncDispose]();
process.stdin.destroy();

/** One transaction: copies what was fetched, with the positions. */
async function turn(): Promise<void> {
  if (fenced) {
    await heartbeat();
    await session.takeOver();
    fenced = false;
    fresh.push(...owned.values());
  }
  await seek(fresh.splice(0).filter(({ topic, partition }) => owned.has(partitionName(topic, partition))));
  const positions = [];
  for (const { topic, partition, batches, nextOffset, lastEpoch } of await fetcher.next({ maxWaitMs: 100 })) {
    if (!owned.has(partitionName(topic, partition))) continue;
    const copies = batches.flatMap((batch) =>
      [...readRecords(batch)].map(({ value, timestampMs }) => ({ key: null, value, timestampMs })),
    );
    if (copies.length > 0) session.append(OUTPUT, partition, encodeBatch(copies));
    positions.push({ topic, partition, offset: nextOffset, leaderEpoch: lastEpoch });
  }
  if (positions.length === 0) return;
  session.offsets({ groupId: GROUP, memberId, memberEpoch: () => member.epoch, positions });
  try {
    await session.commit();
    say('committed');
  } catch (error) {
    if (!(error instanceof TransactionError) || error.outcome === 'fatal') throw error;
    say(`${error.outcome} ${error.code}`);
    fenced = error.outcome === 'fenced';
    fresh.push(...owned.values());
  }
}

/**
 * Has a limit: a fencing under way waits for this turn to end (`give`), and no heartbeat is sent meanwhile.
 */
async function heartbeat(): Promise<void> {
  await Promise.race([member.heartbeatNow().catch(() => undefined), sleep(1_000)]);
}

/** Reads the positions from Kafka, never from memory. */
async function seek(partitions: TopicPartition[]): Promise<void> {
  if (partitions.length === 0) return;
  const asked = { groupId: GROUP, memberId, memberEpoch: () => member.epoch, partitions };
  const committed = await committedOffsets(cluster, asked).catch(async (error: unknown) => {
    if (!(error instanceof KafkaError) || !/MEMBER/.test(error.code)) throw error;
    // Fenced: asks again after the next heartbeat, for what is still owned then.
    say(`fenced by the group ${error.code}`);
    await heartbeat();
    fresh.push(...partitions);
  });
  if (!committed) return;
  for (const { topic, partition } of partitions) {
    fetcher.unassign(topic, partition);
    if (!owned.has(partitionName(topic, partition))) continue;
    const offset = committed.get(partitionName(topic, partition))?.offset ?? 0n;
    fetcher.assign(topic, partition, { offset, lastFetchedEpoch: -1 });
  }
}
