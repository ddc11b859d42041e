import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, untilPhase, untilPosition, writeCommitted } from './source-writer.ts';
import {
  changeConfigs,
  createLink,
  deleteTopic,
  expectExactCopy,
  testTimeoutMs,
  useTwoClusters,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a target that starts to change its copies pauses its topic until it is set right; the others go on',
  async () => {
    const other = uniqueName('other');
    await clusters.source.createTopic(other, { partitions: 1 });
    const link = await createLink(clusters, { partitions: 1, further: other });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    const changed = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'zstd' };
    await changeConfigs(clusters.target, link.topic, changed);
    const { pause, detail } = await untilPhase(mirror, `${link.topic}-0`, 'paused');
    expect(pause?.kind).toBe('target-settings');
    expect(detail).toContain('compression.type is zstd, needs producer');
    expect(detail).toContain('message.timestamp.type is LogAppendTime, needs CreateTime');
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 2);
    await writeCommitted(clusters.sourceCluster, other, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, other, [0]);
    const { output } = await mirrorCommand(['status'], link.env);
    expect(output).toMatch(new RegExp(`${link.topic}-0 .*paused: target-settings since .*compression.type`));
    const refused = await mirrorCommand(['resume', '--partition', `${link.topic}-0`, '--retry'], link.env);
    expect(refused).toMatchObject({
      exitCode: 1,
      problems: expect.stringContaining('still target-settings'),
    });
    await changeConfigs(clusters.target, link.topic, {});
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(40);
  },
  testTimeoutMs,
);

test(
  'a target topic deleted and made again under a running mirror is noticed: what it lost is not forgotten',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 3);
    await untilPosition(mirror, `${link.topic}-0`, 33n);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await untilPosition(mirror, `${link.topic}-0`, 44n);
    await deleteTopic(clusters.target, link.topic, { remade: 1 });
    const { pause } = await untilPhase(mirror, `${link.topic}-0`, 'paused');
    expect(pause?.kind).toBe('target-lost');
    const answer = ['resume', '--partition', `${link.topic}-0`];
    const retry = await mirrorCommand([...answer, '--retry'], link.env);
    expect(retry).toMatchObject({ exitCode: 1, problems: expect.stringContaining('--skip-gap') });
    expect((await mirrorCommand([...answer, '--restart'], link.env)).output).toContain('goes on at 0');
    // It was at 44 before, too: only the phase tells that the answer has arrived.
    await untilPhase(mirror, `${link.topic}-0`, 'copying');
    await untilPosition(mirror, `${link.topic}-0`, 44n);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(40);
  },
  testTimeoutMs,
);

test(
  'a registered topic that comes later with another cleanup than its target is not copied into its loss',
  async () => {
    const later = uniqueName('later');
    const link = await createLink(clusters, { partitions: 1, further: `${later}:1` });
    const mirror = startMirrorProcess(link.env);
    await clusters.source.createTopic(later, { partitions: 1, configs: { 'cleanup.policy': 'compact' } });
    const { pause, detail } = await untilPhase(mirror, `${later}-0`, 'paused');
    expect(pause?.kind).toBe('target-settings');
    expect(detail).toContain('cleanup.policy is delete, the source has compact');
    await changeConfigs(clusters.target, later, { 'cleanup.policy': 'compact' });
    await untilPhase(mirror, `${later}-0`, 'copying');
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);
