import { randomUUID } from 'node:crypto';
import { joinGroup, openCluster } from '@penstock/kafka';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { ownsShards } from './source-writer.ts';
import { createLink, eventually, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a consumer that joins the group of the link and takes a shard is noticed, and said to be no mirror',
  async () => {
    const link = await createLink(clusters, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    await ownsShards(mirror, 2);
    await using cluster = await openCluster({
      bootstrap: clusters.target.bootstrap,
      clientId: 'somebody-curious',
    });
    const stranger = await joinGroup(cluster, {
      groupId: `mirror.${link.link}`,
      memberId: randomUUID(),
      topics: [`mirror.${link.link}`],
      onAssigned: () => undefined,
      onRevoked: async () => undefined,
      onLost: async () => undefined,
    });
    const found = await eventually('the stranger is seen with its shard', async () => {
      const strangers = (await mirror.status())?.strangers ?? [];
      return strangers.find(({ shards }) => shards.length === 1);
    });
    expect(found.clientId).toBe('somebody-curious');
    const ready = await mirror.process.ask('/readyz');
    expect(ready).toMatchObject({ status: 503, text: expect.stringContaining('is not a mirror') });
    const { output } = await mirrorCommand(['status'], link.env);
    expect(output).toContain(`holds shard ${found.shards.join(', ')}`);
    await stranger.leave();
    await ownsShards(mirror, 2);
    await eventually('it is forgotten', async () => ((await mirror.process.isReady()) ? true : undefined));
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);
