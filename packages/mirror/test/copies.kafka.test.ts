import { encodeBatch, openCluster, openTxnSession, startBatchProducer, type Cluster } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import {
  copiedUpToNow,
  partitionStates,
  untilPosition,
  writeCommitted,
  writeTransactions,
} from './source-writer.ts';
import {
  createLink,
  eventually,
  expectExactCopy,
  startTwoClusters,
  type TwoClusters,
} from './two-clusters.ts';

let clusters: TwoClusters;
let source: Cluster;

beforeAll(async () => {
  clusters = await startTwoClusters();
  source = await openCluster({ bootstrap: clusters.source.bootstrap, clientId: 'test' });
}, 120_000);

afterAll(async () => {
  await source?.[Symbol.asyncDispose]();
  await clusters?.[Symbol.asyncDispose]();
});

test('what is committed arrives once and in order, with key, value, null, headers and time; what is aborted never', async () => {
  const link = await createLink(clusters, { partitions: 3 });
  const mirror = startMirrorProcess(link.env);
  await writeTransactions(source, link.topic, [0, 1, 2], 40);
  await copiedUpToNow(mirror, source, link.topic, [0, 1, 2]);
  expect(await mirror.stop()).toBe(0);
  expect(await expectExactCopy(clusters, link, [0, 1, 2])).toBe(3 * 20 * 10);
  const all = await clusters.source.consoleConsume(link.topic, { isolation: 'read_uncommitted' });
  expect(all.length).toBeGreaterThan(3 * 30 * 10); // there was something to leave out
  expect(mirror.log()).not.toContain('"level":"error"');
}, 90_000);

test('a source that stamps its own times gives them to the copies', async () => {
  const configs = { 'message.timestamp.type': 'LogAppendTime' };
  const link = await createLink(clusters, { partitions: 1, configs });
  const mirror = startMirrorProcess(link.env);
  await writeTransactions(source, link.topic, [0], 8);
  await copiedUpToNow(mirror, source, link.topic, [0]);
  await mirror.stop();
  expect(await expectExactCopy(clusters, link, [0])).toBe(40);
}, 90_000);

test('new partitions and topics are found while it runs, from their first record on', async () => {
  const later = uniqueName('later');
  const link = await createLink(clusters, { partitions: 1, width: 3, further: `${later}:2` });
  const mirror = startMirrorProcess(link.env);
  await writeTransactions(source, link.topic, [0], 2);
  await copiedUpToNow(mirror, source, link.topic, [0]);
  await clusters.source.admin((admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: link.topic, count: 3 }] }),
  );
  await clusters.source.createTopic(later, { partitions: 2 });
  await source.topic(link.topic, { refresh: true });
  await writeTransactions(source, link.topic, [0, 1, 2], 4);
  await writeTransactions(source, later, [0, 1], 4);
  await copiedUpToNow(mirror, source, link.topic, [0, 1, 2]);
  await copiedUpToNow(mirror, source, later, [0, 1]);
  await mirror.stop();
  await expectExactCopy(clusters, link, [0, 1, 2]);
  expect(await expectExactCopy(clusters, { topic: later }, [0, 1])).toBe(40);
}, 90_000);

test('an open source transaction holds its partition up, visibly, and nothing of it is copied before its end', async () => {
  const link = await createLink(clusters, { partitions: 1 });
  const mirror = startMirrorProcess(link.env);
  await writeCommitted(source, link.topic, [0], 1);
  await untilPosition(mirror, `${link.topic}-0`, 11n);
  const options = { transactionalId: uniqueName('hanging'), transactionTimeoutMs: 60_000 };
  await using open = await openTxnSession(source, options);
  const record = (text: string) => ({ key: null, value: Buffer.from(text), timestampMs: Date.now() });
  open.append(link.topic, 0, encodeBatch([record('undecided')]));
  const lag = (records: number) =>
    eventually(`an LSO lag of ${records}`, async () => {
      const state = (await partitionStates(mirror)).get(`${link.topic}-0`);
      return state?.lsoLagRecords === records ? state : undefined;
    });
  const { position } = await lag(1);
  await using plain = await startBatchProducer(source, { onSettled: () => undefined });
  plain.append(link.topic, 0, record('behind it'), 0);
  await plain.drain();
  expect(await lag(2)).toMatchObject({ position, phase: 'copying' });
  await open.abort();
  await copiedUpToNow(mirror, source, link.topic, [0]);
  await mirror.stop();
  expect(await expectExactCopy(clusters, link, [0])).toBe(11);
}, 90_000);
