import { encodeBatch, openTransactionSession } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, partitionStates, untilPhase } from './source-writer.ts';
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
    expect(mirror.log()).not.toContain('no writes are taken by');
    expect(await mirror.stop()).toBe(0);
    await expectExactCopy(clusters, link, [0, 1]);
  },
  testTimeoutMs,
);

test(
  'a limit of bytes a second holds the copying back, smoothly and visibly, and makes nothing look dead',
  async () => {
    const limit = 256 * 1024;
    const link = await createLink(clusters, {
      partitions: 2,
      env: {
        PENSTOCK_MIRROR_LIMIT_BYTES_PER_SECOND: String(limit),
        PENSTOCK_MIRROR_STALLED_AFTER_MS: '1000',
      },
    });
    await writeBytes(link.topic, 4 * limit);
    const mirror = startMirrorProcess(link.env);
    await mirror.process.untilReady();
    const startedAt = performance.now();
    const positions = new Set<string>();
    const watching = new AbortController();
    const watched = (async () => {
      while (!watching.signal.aborted) {
        for (const state of (await partitionStates(mirror)).values()) positions.add(JSON.stringify(state));
        expect(await mirror.process.isReady()).toBe(true);
      }
    })();
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    watching.abort();
    await watched;
    expect(performance.now() - startedAt).toBeGreaterThan(2_500);
    expect(positions.size).toBeGreaterThan(8); // in small steps
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    expect(Number(/limited_seconds_total (\d\S*)/.exec(text ?? '')?.[1])).toBeGreaterThan(2);
    expect(await mirror.stop()).toBe(0);
    await expectExactCopy(clusters, link, [0, 1]);
  },
  testTimeoutMs,
);

/** Batches of 50 KB that do not compress, in turn to both partitions. */
async function writeBytes(topic: string, bytes: number): Promise<void> {
  await using session = await openTransactionSession(clusters.sourceCluster, {
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
