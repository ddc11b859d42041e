import { openCluster } from '@penstock/kafka';
import { sharedKafka, startKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted, writeTransactions } from './source-writer.ts';
import { createLink, expectExactCopy, testTimeoutMs } from './two-clusters.ts';

/** Each way: a round trip takes 80 ms. */
const delayMs = 40;

test(
  'over a long way that loses answers to Produce and to EndTxn, each record is copied once',
  async () => {
    const source = await sharedKafka();
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-far' });
    const { kafka: target, proxies } = far;
    await using sourceCluster = await openCluster({ bootstrap: source.bootstrap, clientId: 'test' });
    const link = await createLink({ source, target }, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    for (const proxy of proxies) proxy.delay(delayMs);
    for (const apiKey of [apiKeys.produce, apiKeys.endTxn, apiKeys.produce, apiKeys.endTxn]) {
      const traps = proxies.map((proxy) => proxy.dropNextResponse({ apiKey }));
      await writeTransactions(sourceCluster, link.topic, [0, 1], 10);
      await Promise.all(traps.map(({ struck }) => struck));
    }
    await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    await Promise.all(proxies.map((proxy) => proxy.pass()));
    // Every other transaction was aborted.
    expect(await expectExactCopy({ source, target }, link, [0, 1])).toBe(2 * 10 * (1 + 4 * 5 + 1));
  },
  testTimeoutMs,
);
