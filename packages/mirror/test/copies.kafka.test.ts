import {
  encodeBatch,
  openCluster,
  openTransactionSession,
  readTopic,
  startBatchProducer,
  TransactionError,
} from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import {
  copiedUpToNow,
  partitionStates,
  untilPosition,
  writeCommitted,
  writeTransactions,
} from './source-writer.ts';
import { createLink, eventually, expectExactCopy, useTwoClusters, testTimeoutMs } from './two-clusters.ts';

// Names that Node cannot see in a CommonJS module from outside.
const { CompressionTypes, Kafka, logLevel } = kafkajs;

const clusters = useTwoClusters();

test(
  'what is committed arrives once, in order and whole; what is aborted never arrives',
  async () => {
    const link = await createLink(clusters, { partitions: 3 });
    const mirror = startMirrorProcess(link.env);
    await writeTransactions(clusters.sourceCluster, link.topic, [0, 1, 2], 40);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1, 2]);
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    expect(text).toContain('penstock_mirror_receipt_to_commit_seconds_count 600');
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0, 1, 2])).toBe(3 * 20 * 10);
    const all = await clusters.source.consoleConsume(link.topic, { isolation: 'read_uncommitted' });
    expect(all.length).toBeGreaterThan(3 * 30 * 10); // there was something to leave out
    expect(mirror.log()).not.toContain('"level":"error"');
  },
  testTimeoutMs,
);

test(
  'batches of another client pass too, with its codec, its nulls and its headers',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const kafka = new Kafka({ brokers: [...clusters.source.bootstrap], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
    await producer.connect();
    const now = Date.now();
    for (const compression of [CompressionTypes.None, CompressionTypes.GZIP]) {
      const messages = Array.from({ length: 50 }, (_, at) => ({
        partition: 0,
        key: at % 3 === 0 ? null : `key ${at}`,
        value: at % 7 === 0 ? null : 'x'.repeat(at * 40),
        headers: { many: ['one', 'two'], bytes: Buffer.from([0, 255, at]) },
        // Not old ones: the retention of the source could be faster than the mirror.
        timestamp: String(now + at),
      }));
      await producer.send({ topic: link.topic, compression, messages });
    }
    await producer.disconnect();
    const mirror = startMirrorProcess(link.env);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    expect(text).toMatch(/batches_total\{path="pass"\} [1-9]/);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(100);
  },
  testTimeoutMs,
);

test(
  'one bit that flips in the records on the way is refused by the master, by the checksum of the source',
  async () => {
    const topic = uniqueName('flipped');
    await clusters.target.createTopic(topic, { partitions: 1 });
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    await using session = await openTransactionSession(target, { transactionalId: uniqueName('flipped') });
    const value = Buffer.alloc(500, 'x');
    const records = [{ key: null, value, timestampMs: Date.now() }];
    const flipped = encodeBatch(records);
    flipped.bytes[300] = flipped.bytes[300]! ^ 0x04;
    session.append(topic, 0, flipped);
    const failure: unknown = await session.commit().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TransactionError);
    expect(failure).toMatchObject({ outcome: 'aborted', stuck: [{ topic, partition: 0 }] });
    session.append(topic, 0, encodeBatch(records)); // the same without the flip is taken
    await session.commit();
    const values: (Buffer | null)[] = [];
    await readTopic(target, topic, (record) => void values.push(record.value));
    expect(values).toEqual([value]);
  },
  testTimeoutMs,
);

test(
  'a source that stamps its own times gives them to the copies',
  async () => {
    const configs = { 'message.timestamp.type': 'LogAppendTime' };
    const link = await createLink(clusters, { partitions: 1, configs });
    const mirror = startMirrorProcess(link.env);
    await writeTransactions(clusters.sourceCluster, link.topic, [0], 8);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    await mirror.stop();
    expect(await expectExactCopy(clusters, link, [0])).toBe(40);
  },
  testTimeoutMs,
);

test(
  'new partitions and topics are found while it runs, from their first record on',
  async () => {
    const later = uniqueName('later');
    const link = await createLink(clusters, { partitions: 1, width: 3, further: `${later}:2` });
    const mirror = startMirrorProcess(link.env);
    await writeTransactions(clusters.sourceCluster, link.topic, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    await clusters.source.admin((admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: link.topic, count: 3 }] }),
    );
    await clusters.source.createTopic(later, { partitions: 2 });
    await clusters.sourceCluster.topic(link.topic, { refresh: true });
    await writeTransactions(clusters.sourceCluster, link.topic, [0, 1, 2], 4);
    await writeTransactions(clusters.sourceCluster, later, [0, 1], 4);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1, 2]);
    await copiedUpToNow(mirror, clusters.sourceCluster, later, [0, 1]);
    await mirror.stop();
    await expectExactCopy(clusters, link, [0, 1, 2]);
    expect(await expectExactCopy(clusters, { topic: later }, [0, 1])).toBe(40);
  },
  testTimeoutMs,
);

test(
  'an open source transaction holds its partition up, visibly, and nothing of it is copied before its end',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await untilPosition(mirror, `${link.topic}-0`, 11n);
    const options = { transactionalId: uniqueName('hanging'), transactionTimeoutMs: 60_000 };
    await using open = await openTransactionSession(clusters.sourceCluster, options);
    const record = (text: string) => ({ key: null, value: Buffer.from(text), timestampMs: Date.now() });
    open.append(link.topic, 0, encodeBatch([record('undecided')]));
    const lag = (records: number) =>
      eventually(`an LSO lag of ${records}`, async () => {
        const state = (await partitionStates(mirror)).get(`${link.topic}-0`);
        return state?.lsoLagRecords === records ? state : undefined;
      });
    const { position } = await lag(1);
    await using plain = await startBatchProducer(clusters.sourceCluster, { onSettled: () => undefined });
    plain.append(link.topic, 0, record('after it'), 0);
    await plain.drain();
    expect(await lag(2)).toMatchObject({ position, phase: 'copying' });
    await open.abort();
    // The answer comes before the marker: until then the last stable offset hides that there is more.
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0], 'read_uncommitted');
    await mirror.stop();
    expect(await expectExactCopy(clusters, link, [0])).toBe(11);
  },
  testTimeoutMs,
);

test(
  'topics by pattern, with a prefix: new ones are named while it runs, and copied whole once registered',
  async () => {
    const family = uniqueName('family');
    const [first, second, denied] = ['a', 'b', 'denied'].map((name) => `${family}.${name}`) as [
      ...[string, string, string],
    ];
    for (const topic of [first, denied]) await clusters.source.createTopic(topic, { partitions: 2 });
    const base = await createLink(clusters, { partitions: 1 });
    const env = {
      ...base.env,
      PENSTOCK_MIRROR_LINK: uniqueName('prefixed'),
      PENSTOCK_MIRROR_NAMING: 'prefix',
      PENSTOCK_MIRROR_TOPICS: `/${family}[.].*/`,
      PENSTOCK_MIRROR_TOPICS_DENIED: denied,
    };
    const link = env.PENSTOCK_MIRROR_LINK;
    const { exitCode, output } = await mirrorCommand(['init'], env);
    expect(exitCode).toBe(0);
    expect(output).toContain(`${first} -> ${link}.${first} partitions 0 to 1`);
    expect(output).not.toContain(denied);
    const mirror = startMirrorProcess(env);
    await writeTransactions(clusters.sourceCluster, first, [0, 1], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, first, [0, 1]);
    await clusters.source.createTopic(second, { partitions: 2 });
    await writeTransactions(clusters.sourceCluster, second, [0, 1], 4);
    await eventually('the new topic is named', async () => {
      const { text } = (await mirror.process.ask('/metrics')) ?? {};
      return text?.includes('penstock_mirror_topics_unregistered 1\n') === true ? true : undefined;
    });
    const { output: table } = await mirrorCommand(['status'], env);
    expect(table).toContain(`# ${second}: not copied yet`);
    expect(await mirrorCommand(['init'], env)).toMatchObject({ exitCode: 0 });
    await copiedUpToNow(mirror, clusters.sourceCluster, second, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    const [written, copied] = await Promise.all([
      clusters.source.consoleConsume(second),
      clusters.target.consoleConsume(`${link}.${second}`),
    ]);
    for (const partition of [0, 1]) {
      const values = [written, copied].map((all) =>
        all.filter((each) => each.partition === partition).map(({ value }) => value),
      );
      expect(values[0]).toHaveLength(20);
      expect(values[1]).toEqual(values[0]);
    }
  },
  testTimeoutMs,
);
