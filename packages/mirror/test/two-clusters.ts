import { setTimeout as sleep } from 'node:timers/promises';
import { openCluster, openTransactionSession, type Cluster, type TopicPartition } from '@penstock/kafka';
import {
  sharedKafka,
  startKafka,
  uniqueName,
  type ConsumedRecord,
  type TestKafka,
} from '@penstock/test-broker';
import { afterAll, beforeAll, expect } from 'vitest';
import { mirrorCommand, type MirrorEnvironment } from './mirror-process.ts';

/** Nothing waits so long for good: it only ends what hangs, on a machine whose cores are taken. */
export const testTimeoutMs = 400_000;

export interface TwoClusters {
  readonly source: TestKafka;
  readonly target: TestKafka;
  /** Our own connection to the source, for writing there. */
  readonly sourceCluster: Cluster;
}

/**
 * Both clusters, for all tests of the file that calls it. The source is the run's shared one unless the tests
 * harm it. To be read inside tests only.
 */
export function useTwoClusters(
  o: { harmed: boolean; settings?: Record<string, string> } = { harmed: false },
): TwoClusters {
  const started = new AsyncDisposableStack();
  const clusters: Partial<TwoClusters> = {};
  const settings = o.settings && { settings: o.settings };
  beforeAll(async () => {
    const [source, target] = await Promise.all([
      o.harmed ? startKafka({ name: 'mirror-source', ...settings }) : sharedKafka(),
      startKafka({ name: 'mirror-target', ...settings }),
    ]);
    started.use(source);
    started.use(target);
    const sourceCluster = started.use(await openCluster({ bootstrap: source.bootstrap, clientId: 'test' }));
    Object.assign(clusters, { source, target, sourceCluster });
  }, testTimeoutMs);
  afterAll(() => started.disposeAsync());
  return clusters as TwoClusters;
}

export interface TestLink {
  readonly topic: string;
  readonly link: string;
  readonly env: MirrorEnvironment;
}

/** A source topic and a link for it, initialised by the real command. */
export async function createLink(
  { source, target }: Pick<TwoClusters, 'source' | 'target'>,
  o: {
    partitions: number;
    width?: number;
    further?: string;
    env?: MirrorEnvironment;
    configs?: Record<string, string>;
    topic?: string;
  },
): Promise<TestLink> {
  const topic = o.topic ?? uniqueName('clean');
  const link = uniqueName('link');
  await source.createTopic(topic, { partitions: o.partitions, ...(o.configs && { configs: o.configs }) });
  const env = {
    PENSTOCK_MIRROR_LINK: link,
    PENSTOCK_MIRROR_INSTANCE: 'one',
    PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: source.bootstrap.join(','),
    PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: target.bootstrap.join(','),
    PENSTOCK_MIRROR_SOURCE_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_TARGET_KAFKA_SINGLE_REPLICA: 'allowed',
    PENSTOCK_MIRROR_TOPICS: [`${topic}:${o.width ?? o.partitions}`, ...(o.further ? [o.further] : [])].join(
      ',',
    ),
    PENSTOCK_MIRROR_SHARDS: '2',
    PENSTOCK_MIRROR_COMMIT_INTERVAL_MS: '50',
    PENSTOCK_MIRROR_LAG_COMMIT_INTERVAL_MS: '100',
    PENSTOCK_MIRROR_DISCOVERY_INTERVAL_MS: '500',
    PENSTOCK_MIRROR_OPERATIONS_LISTEN: '127.0.0.1:0',
    ...o.env,
  };
  const { exitCode, output, problems } = await mirrorCommand(['init'], env);
  if (exitCode !== 0) throw new Error(`mirror init ended with ${exitCode}: ${problems}`);
  expect(output).toMatch(new RegExp(`^${topic} -> .* partitions [0-9]+ to`, 'm'));
  return { topic, link, env };
}

/** These and nothing else; other settings of the topic go back to the broker's. */
export async function changeConfigs(
  cluster: TestKafka,
  topic: string,
  configs: Record<string, string>,
): Promise<void> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
  await cluster.admin((admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type: 2, name: topic, configEntries }] }),
  );
}

/** Settles when the topic is gone, or is there again with so many partitions and nothing in it. */
export async function deleteTopic(
  cluster: TestKafka,
  topic: string,
  o: { remade?: number } = {},
): Promise<void> {
  await cluster.admin((admin) => admin.deleteTopics({ topics: [topic] }));
  const { remade } = o;
  if (remade === undefined) return;
  await eventually(`${topic} is made again`, () =>
    cluster.createTopic(topic, { partitions: remade }).then(
      () => true,
      () => undefined,
    ),
  );
}

/** Deletes the records of a partition that lie below the offset, as retention does. */
export async function deleteBelow(
  cluster: TestKafka,
  topic: string,
  partition: number,
  offset: bigint,
): Promise<void> {
  await cluster.admin(async (admin) => {
    await admin.fetchTopicOffsets(topic); // kafkajs deletes nothing of a topic that it has not met
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  });
}

/** Where consumers of the group would go on, as if they had committed it. */
export async function commitPositions(
  cluster: Cluster,
  groupId: string,
  positions: readonly (TopicPartition & { readonly offset: bigint })[],
): Promise<void> {
  await using session = await openTransactionSession(cluster, { transactionalId: uniqueName('commit') });
  const all = positions.map(({ topic, partition, offset }) => ({
    topic,
    partition,
    offset,
    leaderEpoch: -1,
  }));
  session.offsets({ groupId, memberId: '', memberEpoch: () => -1, positions: all });
  await session.commit();
}

/** Polls until `read` gives something, or fails with `what` after the deadline. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T | undefined>,
  deadlineMs = 240_000,
): Promise<T> {
  for (const until = performance.now() + deadlineMs; ;) {
    const found = await read();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(50);
  }
}

/**
 * By the word of Kafka's own consumer: the same records in the same order in every partition, and nothing
 * else. Answers how many there are.
 */
export async function expectExactCopy(
  { source, target }: Pick<TwoClusters, 'source' | 'target'>,
  { topic }: Pick<TestLink, 'topic'>,
  partitions: readonly number[],
): Promise<number> {
  const [written = [], copied = []] = await Promise.all(
    [source, target].map((cluster) => cluster.consoleConsume(topic)),
  );
  for (const partition of partitions) {
    expect(firstDifference(contents(written, partition), contents(copied, partition))).toBe('none');
  }
  expect(copied).toHaveLength(written.length);
  return written.length;
}

/**
 * The same for links that share a target topic: each source has its range of target partitions, one after
 * the other. Answers how many records there are of each.
 */
export async function expectExactCopies(
  sources: readonly TestKafka[],
  target: TestKafka,
  topic: string,
  partitionsEach: number,
): Promise<number[]> {
  const copied = await target.consoleConsume(topic);
  const counts: number[] = [];
  for (const [index, source] of sources.entries()) {
    const written = await source.consoleConsume(topic);
    for (let partition = 0; partition < partitionsEach; partition += 1) {
      const copies = contents(copied, index * partitionsEach + partition);
      expect(firstDifference(contents(written, partition), copies)).toBe('none');
    }
    counts.push(written.length);
  }
  expect(copied).toHaveLength(counts.reduce((sum, count) => sum + count, 0));
  return counts;
}

function firstDifference(written: readonly string[], copied: readonly string[]): string {
  const at = written.findIndex((record, index) => record !== copied[index]);
  if (at < 0)
    return written.length === copied.length ? 'none' : `${copied.length - written.length} more copied`;
  const counts = `${written.length} written, ${copied.length} copied`;
  return `${counts}: number ${at} is ${copied[at]} instead of ${written[at]}`;
}

/** What a copy must keep: everything but the offset. */
function contents(records: readonly ConsumedRecord[], partition: number): string[] {
  const hex = (bytes: Buffer | null) => bytes?.toString('hex') ?? null;
  return records
    .filter((record) => record.partition === partition)
    .map(({ timestampMs, headers, key, value }) =>
      JSON.stringify([timestampMs, headers.map(([name, bytes]) => [name, hex(bytes)]), hex(key), hex(value)]),
    );
}
