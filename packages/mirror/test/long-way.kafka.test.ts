import { encodeBatch, openCluster, openTransactionSession, type Cluster } from '@penstock/kafka';
import { sharedKafka, startKafka, uniqueName } from '@penstock/test-broker';
import { apiKeys, seededRun, startProxiedKafka, type FaultProxy } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted, writeTransactions } from './source-writer.ts';
import { createLink, expectExactCopy, testTimeoutMs } from './two-clusters.ts';

/** Each way: a round trip takes 80 ms. */
const delayMs = 40;
/** Each loses an answer; more in `npm run soak -- mirror`, and a longer backlog. */
const { rounds, long, seed } = seededRun(4);

/**
 * The proxy shows loss as what is above TCP sees it: bytes come later, with all that is after them. A kernel
 * that loses packets (netem) would also make the sender slower.
 */
const loss = { share: 0.001, againMs: 3 * 2 * delayMs, seed };

test(
  'over a long and lossy way that loses answers to Produce and to EndTxn, each record is copied once',
  async () => {
    const source = await sharedKafka();
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-far' });
    const { kafka: target, proxies } = far;
    await using sourceCluster = await openCluster({ bootstrap: source.bootstrap, clientId: 'test' });
    const link = await createLink({ source, target }, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    lengthen(proxies);
    for (let round = 0; round < rounds; round += 1) {
      const apiKey = round % 2 === 0 ? apiKeys.produce : apiKeys.endTxn;
      const traps = proxies.map((proxy) => proxy.dropNextResponse({ apiKey }));
      await writeTransactions(sourceCluster, link.topic, [0, 1], 10);
      await Promise.all(traps.map(({ struck }) => struck));
    }
    await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    await Promise.all(proxies.map((proxy) => proxy.pass()));
    // Every other transaction was aborted.
    expect(await expectExactCopy({ source, target }, link, [0, 1])).toBe(2 * 10 * (1 + rounds * 5 + 1));
  },
  testTimeoutMs + rounds * 20_000,
);

test(
  'a backlog of large batches comes over a long and lossy way, once',
  async () => {
    const source = await sharedKafka();
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-far-away' });
    const { kafka: target, proxies } = far;
    await using sourceCluster = await openCluster({ bootstrap: source.bootstrap, clientId: 'test' });
    const link = await createLink({ source, target }, { partitions: 4, env: usualCommits });
    const batches = long ? 200 : 10;
    await fill(sourceCluster, link.topic, batches);
    const mirror = startMirrorProcess(link.env);
    await mirror.process.untilReady();
    lengthen(proxies);
    const startedAt = performance.now();
    await copiedUpToNow(mirror, sourceCluster, link.topic, partitions);
    const seconds = (performance.now() - startedAt) / 1_000;
    const megabytes = (batches * partitions.length * recordsEach * valueBytes) / 1e6;
    // No bound: it is the machine's as much as the mirror's. A soak shows it.
    const rate = `80 ms and ${loss.share * 100} % lost: ${(megabytes / seconds).toFixed(1)} MB/s\n`;
    if (long) process.stdout.write(rate);
    expect(await mirror.stop(), mirror.log()).toBe(0);
    await Promise.all(proxies.map((proxy) => proxy.pass()));
    const copied = await expectExactCopy({ source, target }, link, partitions);
    expect(copied).toBe(batches * partitions.length * recordsEach);
  },
  2 * testTimeoutMs,
);

const partitions = [0, 1, 2, 3];
const valueBytes = 10_000;
const recordsEach = 25;
/** A large batch in every transaction of a few milliseconds would be another test. */
const usualCommits = {
  PENSTOCK_MIRROR_STOP_TIMEOUT_MS: '300000',
  PENSTOCK_MIRROR_COMMIT_INTERVAL_MS: '250',
  PENSTOCK_MIRROR_LAG_COMMIT_INTERVAL_MS: '1000',
};

function lengthen(proxies: readonly FaultProxy[]): void {
  for (const proxy of proxies) {
    proxy.delay(delayMs);
    proxy.lose(loss);
  }
}

async function fill(source: Cluster, topic: string, batches: number): Promise<void> {
  await using session = await openTransactionSession(source, { transactionalId: uniqueName('filler') });
  for (let round = 0; round < batches; round += 1) {
    for (const partition of partitions) {
      const records = Array.from({ length: recordsEach }, (_, index) => {
        const value = Buffer.alloc(valueBytes, `${round} ${partition} ${index} `);
        return { key: null, value, timestampMs: Date.now() };
      });
      session.append(topic, partition, encodeBatch(records));
    }
    await session.commit();
  }
}
