import { openCluster } from '@penstock/kafka';
import { sharedKafka, startKafka } from '@penstock/test-broker';
import { apiKeys, startProxiedKafka } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted } from './source-writer.ts';
import { createLink, expectExactCopy, testTimeoutMs } from './two-clusters.ts';

const rounds = 4;

// A kill at random hardly ever meets this moment, and copies without their positions would be copied again.
test(
  'killed when a commit was carried out and nobody has heard of it, it copies nothing twice',
  async () => {
    const source = await sharedKafka();
    await using far = await startProxiedKafka(startKafka, { name: 'mirror-killed' });
    const { kafka: target, proxies } = far;
    await using sourceCluster = await openCluster({ bootstrap: source.bootstrap, clientId: 'test' });
    const env = {
      PENSTOCK_MIRROR_SHARDS: '1',
      PENSTOCK_MIRROR_DISCOVERY_INTERVAL_MS: '600000', // it ends no transaction of its own meanwhile
    };
    const link = await createLink({ source, target }, { partitions: 2, env });
    for (let round = 0; round < rounds; round += 1) {
      const mirror = startMirrorProcess(link.env);
      await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
      await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
      const traps = proxies.map((proxy) =>
        proxy.dropNextResponse({ apiKey: apiKeys.endTxn, thenCut: false }),
      );
      await writeCommitted(sourceCluster, link.topic, [0, 1], 1);
      await Promise.all(traps.map(({ struck }) => struck));
      await mirror.kill();
    }
    const mirror = startMirrorProcess(link.env);
    await copiedUpToNow(mirror, sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy({ source, target }, link, [0, 1])).toBe(2 * 10 * 2 * rounds);
  },
  testTimeoutMs,
);
