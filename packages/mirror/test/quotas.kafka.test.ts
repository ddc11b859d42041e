import { encodeBatch, openTxnSession } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, untilPhase } from './source-writer.ts';
import { createLink, eventually, expectExactCopy, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

const clusters = useTwoClusters();

const bytesPerSecond = 200_000;

test(
  'a mirror that is throttled by the target copies slowly, but all of it; nothing is called dead',
  async () => {
    const clientId = uniqueName('throttled');
    const link = await createLink(clusters, {
      partitions: 2,
      env: { PENSTOCK_MIRROR_TARGET_KAFKA_CLIENT_ID: clientId },
    });
    // 20 s of what the quota allows: in a single transaction it would never pass within its 10 s.
    await writeBytes(link.topic, 20 * bytesPerSecond);
    await clusters.target.tool('kafka-configs', [
      ...['--alter', '--entity-type', 'clients', '--entity-name', clientId],
      ...['--add-config', `producer_byte_rate=${bytesPerSecond}`],
    ]);
    const mirror = startMirrorProcess(link.env);
    await untilPhase(mirror, `${link.topic}-0`, 'copying');
    await eventually('it is throttled, and says so', async () => {
      const answer = await mirror.process.ask('/metrics');
      const seconds = /throttled_seconds_total\{cluster="target"\} (\S+)/.exec(answer?.text ?? '')?.[1];
      return Number(seconds ?? 0) > 0 ? true : undefined;
    });
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    expect(mirror.log()).toContain('a quota is exceeded');
    expect(mirror.log()).not.toContain('target partition takes nothing');
    expect(await mirror.stop()).toBe(0);
    await expectExactCopy(clusters, link, [0, 1]);
  },
  testTimeoutMs,
);

/** Batches of 50 KB that do not compress, in turn to both partitions. */
async function writeBytes(topic: string, bytes: number): Promise<void> {
  await using session = await openTxnSession(clusters.sourceCluster, {
    transactionalId: uniqueName('writer'),
  });
  const value = Buffer.alloc(5_000, 'x');
  for (let written = 0; written < bytes; written += 10 * value.length) {
    const records = Array.from({ length: 10 }, () => ({ key: null, value, timestampMs: Date.now() }));
    session.append(topic, (written / (10 * value.length)) % 2, encodeBatch(records));
    if (session.openBytes > 500_000) await session.commit();
  }
  await session.commit();
}
