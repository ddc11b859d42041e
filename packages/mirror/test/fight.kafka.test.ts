import { setTimeout as sleep } from 'node:timers/promises';
import { listOffsets } from '@penstock/kafka';
import { createLog, Metrics, readConfig } from '@penstock/service';
import { expect, onTestFinished, test } from 'vitest';
import { Bandwidth } from '../src/copy/bandwidth.ts';
import { knobs } from '../src/config.ts';
import { openLink } from '../src/link/link-context.ts';
import { TopicStates } from '../src/link/topic-states.ts';
import { declareMirrorMetrics } from '../src/metrics.ts';
import { startShard, type Shard } from '../src/shard/shard.ts';
import { writeTransactions } from './source-writer.ts';
import {
  createLink,
  eventually,
  expectExactCopy,
  useTwoClusters,
  type TestLink,
  testTimeoutMs,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'two owners that both believe a shard is theirs fence each other, and nothing is lost or doubled',
  async () => {
    const partitions = [0, 1];
    const link = await createLink(clusters, { partitions: 2, env: { PENSTOCK_MIRROR_SHARDS: '1' } });
    const [first, second] = await Promise.all([owner(link), owner(link)]);
    const writing = new AbortController();
    const written = writeTransactions(first.source, link.topic, partitions, 20_000, writing.signal);
    await sleep(6_000);
    writing.abort();
    await written;
    // One may have given up by now: five times in a row is enough.
    await second.shard.stop();
    const ends = await listOffsets(first.source, link.topic, partitions, 'latest', 'read_committed');
    const winner = first.failures.length === 0 ? first.shard : (await owner(link)).shard;
    await eventually('all is copied', async () => {
      const behind = winner
        .partitionsNow()
        .filter(
          ({ partition, committed }) => (committed?.position ?? -1n) < (ends.get(partition)?.offset ?? 0n),
        );
      return winner.partitionsNow().length === 2 && behind.length === 0 ? true : undefined;
    });
    await winner.stop();
    expect(first.takeovers() + second.takeovers()).toBeGreaterThan(2);
    expect(await expectExactCopy(clusters, link, partitions)).toBeGreaterThan(100);
  },
  testTimeoutMs,
);

/** An owner of shard 0 that no group restrains. */
async function owner({ env }: TestLink) {
  const config = readConfig(knobs, { env });
  const link = await openLink(config);
  const metrics = declareMirrorMetrics(new Metrics('mirror'));
  const failures: unknown[] = [];
  const shard: Shard = startShard({
    link,
    shard: 0,
    config,
    metrics,
    bandwidth: new Bandwidth(Infinity),
    log: createLog({ service: 'mirror', level: 'error' }),
    topicStates: new TopicStates({ source: link.source, target: link.target, ownCleanup: false }),
    stillAssigned: async () => true,
    fail: (error) => failures.push(error),
  });
  onTestFinished(async () => {
    await shard.drop();
    await link[Symbol.asyncDispose]();
  });
  return { shard, source: link.source, failures, takeovers: () => metrics.takeovers.value() };
}
