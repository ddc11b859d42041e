import {
  attributesAt,
  encodeBatch,
  lastOffsetDeltaAt,
  listOffsets,
  openCluster,
  openTransactionSession,
  startBatchProducer,
  startFetcher,
  type Cluster,
  type FetchedBatch,
  type OutgoingRecord,
} from '@penstock/kafka';
import { startKafka, uniqueName } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeTransactions } from './source-writer.ts';
import {
  changeConfigs,
  createLink,
  deleteBelow,
  eventually,
  expectExactCopy,
  testTimeoutMs,
} from './two-clusters.ts';

/** As often as the broker allows: what is written is compacted as soon as its segment is closed. */
const compacted = {
  'cleanup.policy': 'compact,delete',
  'min.cleanable.dirty.ratio': '0',
  'segment.ms': '200',
  'message.timestamp.after.max.ms': String(10 * 86_400_000),
};

test(
  'a compacted log (gaps, empty batches, tombstones), times to come, a start inside a batch, times of the ' +
    'broker: all is copied as it is, while answers are lost on both sides',
  async () => {
    // Compaction is over before the copy begins, and the target does not begin with it.
    const never = { settings: { 'log.cleaner.backoff.ms': '100000000' } };
    await using near = await startProxiedKafka(startKafka, {
      name: 'mirror-odd',
      settings: { 'log.cleaner.backoff.ms': '200' },
    });
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-even', ...never });
    const sides = { source: near.kafka, target: far.kafka };
    await using sourceCluster = await openCluster({ bootstrap: near.kafka.inside, clientId: 'test' });
    const stamped = uniqueName('stamped');
    const ownTimes = { 'message.timestamp.type': 'LogAppendTime' };
    await sides.source.createTopic(stamped, { partitions: 1, configs: ownTimes });
    const link = await createLink(sides, {
      ...{ partitions: 2, configs: compacted, further: stamped },
      env: { PENSTOCK_MIRROR_TARGET_CLEANUP: 'own' },
    });
    await writeUntilCompacted(sourceCluster, link.topic);
    await changeConfigs(sides.source, link.topic, { ...compacted, 'cleanup.policy': 'delete' });
    const cutAt = await startInsideABatch(sourceCluster, link.topic, 0);
    await deleteBelow(sides.source, link.topic, 0, cutAt);

    const mirror = startMirrorProcess(link.env);
    const traps = [
      ...near.proxies.map((proxy) => proxy.dropNextResponse({ apiKey: apiKeys.fetch })),
      ...far.proxies.map((proxy) => proxy.dropNextResponse({ apiKey: apiKeys.produce })),
      ...far.proxies.map((proxy) => proxy.dropNextResponse({ apiKey: apiKeys.endTxn })),
    ];
    await writeTransactions(sourceCluster, stamped, [0], 8);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    await copiedUpToNow(mirror, sourceCluster, stamped, [0]);
    await Promise.all(traps.map(({ struck }) => struck));
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(sides, { topic: stamped }, [0])).toBe(40);
    expect(await expectExactCopy(sides, link, [0, 1])).toBeGreaterThan(20);
    const copies = await sides.target.consoleConsume(link.topic);
    expect(copies.some(({ value }) => value === null)).toBe(true);
    expect(copies.some(({ timestampMs }) => timestampMs > Date.now() + 43_200_000)).toBe(true);
    // The rest of the batch in whose middle the log begins.
    const [first] = copies.filter(({ partition }) => partition === 0);
    expect(Number(String(first?.key).replace('key ', ''))).toBeGreaterThan(0);
  },
  testTimeoutMs,
);

/**
 * The same keys by one writer after the other, until the log has of each kind: a batch with gaps, one with
 * nothing in it, and one whose tombstones have got the time of their deletion.
 */
async function writeUntilCompacted(source: Cluster, topic: string): Promise<void> {
  const kinds: [string, (batch: FetchedBatch) => boolean][] = [
    ['gaps', ({ bytes, count }) => count > 0 && count < lastOffsetDeltaAt(bytes, 0) + 1],
    ['nothing in it', ({ count }) => count === 0],
    ['a delete horizon', ({ bytes }) => (attributesAt(bytes, 0) & deleteHorizonBit) !== 0],
  ];
  let round = 0;
  await eventually('the log is compacted', async () => {
    round += 1;
    await writeKeys(source, topic, round);
    const batches = await batchesOf(source, topic, [0, 1]);
    return kinds.every(([, isSo]) => batches.some(isSo)) ? true : undefined;
  });
  // What the start inside a batch is taken from.
  await writeKeys(source, topic, 0);
}

const deleteHorizonBit = 0x40;

/**
 * Each round leaves some keys of those before it, and makes some tombstones. Round 0 writes all into
 * partition 0. Every other round is written without a transaction: compaction keeps the last batch of such
 * a writer, empty or not.
 */
async function writeKeys(source: Cluster, topic: string, round: number): Promise<void> {
  const records: OutgoingRecord[] = [];
  for (let key = 0; key < 20; key += 1) {
    if (round > 0 && key % 4 === round % 4) continue;
    const value = round > 0 && key % 5 === 1 ? null : Buffer.from(`${round}`.repeat(40));
    const timestampMs = Date.now() + (key === 19 ? 86_400_000 : 0);
    records.push({ key: Buffer.from(`key ${key}`), value, timestampMs });
  }
  if (round % 2 === 1) {
    await using producer = await startBatchProducer(source, { onSettled: () => undefined });
    for (const partition of [0, 1]) {
      for (const record of records) producer.append(topic, partition, record, 0);
    }
    await producer.drain();
    return;
  }
  await using session = await openTransactionSession(source, { transactionalId: uniqueName('writer') });
  for (const partition of round === 0 ? [0] : [0, 1]) {
    session.append(topic, partition, encodeBatch(records));
  }
  await session.commit();
}

/** An offset in the middle of the partition's last batch. */
async function startInsideABatch(source: Cluster, topic: string, partition: number): Promise<bigint> {
  const last = (await batchesOf(source, topic, [partition])).at(-1);
  if (last === undefined || last.count < 2) throw new Error('no batch to begin inside of');
  return last.baseOffset + BigInt(last.count >> 1);
}

async function batchesOf(
  source: Cluster,
  topic: string,
  partitions: readonly number[],
): Promise<FetchedBatch[]> {
  const batches: FetchedBatch[] = [];
  using fetcher = startFetcher(source, { isolation: 'read_committed' });
  const ends = await listOffsets(source, topic, partitions, 'latest', 'read_committed');
  const left = new Set(partitions);
  for (const partition of partitions) {
    fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  }
  while (left.size > 0) {
    for (const fetched of await fetcher.next({ maxWaitMs: 5_000 })) {
      batches.push(...fetched.batches);
      if (fetched.nextOffset >= (ends.get(fetched.partition)?.offset ?? 0n)) left.delete(fetched.partition);
    }
  }
  return batches;
}
