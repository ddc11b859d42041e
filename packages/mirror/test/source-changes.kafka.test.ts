import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess, type MirrorProcess } from './mirror-process.ts';
import {
  copiedUpToNow,
  partitionStates,
  untilPhase,
  untilPosition,
  writeCommitted,
  writeTransactions,
} from './source-writer.ts';
import {
  changeConfigs,
  createLink,
  deleteTopic,
  eventually,
  expectExactCopy,
  testTimeoutMs,
  useTwoClusters,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a topic that is deleted before all of it was copied is a loss, told and counted, until it is accepted',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 2);
    await untilPosition(mirror, `${link.topic}-0`, 22n);
    // Held up by the target, it cannot copy what comes next.
    await changeConfigs(clusters.target, link.topic, { 'retention.ms': '1000' });
    await untilPhase(mirror, `${link.topic}-0`, 'paused');
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 3);
    await eventually('the lag is seen', async () =>
      (await partitionStates(mirror)).get(`${link.topic}-0`)?.lagRecords === 33 ? true : undefined,
    );
    await deleteTopic(clusters.source, link.topic);
    await changeConfigs(clusters.target, link.topic, {});
    const { pause } = await eventually('the loss is seen', async () => {
      const state = (await partitionStates(mirror)).get(`${link.topic}-0`);
      return state?.pause?.kind === 'deleted' ? state : undefined;
    });
    expect(pause).toEqual({ kind: 'deleted', from: '22', to: '55' });
    expect(
      await metric(mirror, `lost_records{link="${link.link}",topic="${link.topic}",partition="0"}`),
    ).toBe('33');
    expect((await mirrorCommand(['status'], link.env)).output).toContain('paused: deleted [22, 55) since');
    const accept = ['resume', '--partition', `${link.topic}-0`, '--skip-gap'];
    expect((await mirrorCommand(accept, link.env)).output).toContain('is retired: its topic is gone');
    await untilPhase(mirror, `${link.topic}-0`, 'retired');
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

test(
  'a topic made again with fewer partitions retires those that are gone, while it runs',
  async () => {
    const link = await createLink(clusters, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    await deleteTopic(clusters.source, link.topic, { remade: 1 });
    await untilPhase(mirror, `${link.topic}-1`, 'retired');
    expect((await untilPhase(mirror, `${link.topic}-0`, 'paused')).pause?.kind).toBe('recreated');
    const restart = ['resume', '--partition', `${link.topic}-0`, '--restart'];
    expect(await mirrorCommand(restart, link.env)).toMatchObject({ exitCode: 0 });
    await clusters.sourceCluster.topic(link.topic, { refresh: true });
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await untilPosition(mirror, `${link.topic}-0`, 11n);
    const { output } = await mirrorCommand(['status'], link.env);
    expect(output).toMatch(new RegExp(`${link.topic}-1 .* retired: the topic is gone`));
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

test(
  'source partitions beyond the range are told until init gives them room, also beside another link',
  async () => {
    const link = await createLink(clusters, { partitions: 2 });
    const neighbour = { ...link.env, PENSTOCK_MIRROR_LINK: uniqueName('neighbour') };
    expect((await mirrorCommand(['init'], neighbour)).output).toContain('partitions 2 to 3');
    const mirror = startMirrorProcess(link.env);
    await clusters.source.admin((admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: link.topic, count: 3 }] }),
    );
    await eventually('the partition without room is told', async () => {
      const shards = (await mirror.status())?.shards ?? [];
      const names = shards.flatMap(({ withoutRoom }) => withoutRoom);
      return names.includes(`${link.topic}-2`) ? true : undefined;
    });
    expect(await metric(mirror, 'partitions_without_room')).toBe('1');
    const { output } = await mirrorCommand(['status'], link.env);
    expect(output).toMatch(new RegExp(`${link.topic}-2 .*no target partition: run mirror init`));
    const wider = { ...link.env, PENSTOCK_MIRROR_TOPICS: link.topic };
    expect((await mirrorCommand(['init'], wider)).output).toContain('partitions 0 to 1 and 4 to 4');
    await clusters.sourceCluster.topic(link.topic, { refresh: true });
    await writeTransactions(clusters.sourceCluster, link.topic, [0, 1, 2], 4);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1, 2]);
    expect(await mirror.stop()).toBe(0);
    const copied = await clusters.target.consoleConsume(link.topic);
    expect(new Set(copied.map(({ partition }) => partition))).toEqual(new Set([0, 1, 4]));
    expect(copied).toHaveLength(60);
  },
  testTimeoutMs,
);

test(
  'a clock that steps back inside an open transaction delays no commit',
  async () => {
    const preload = new URL('./processes/stepping-clock.ts', import.meta.url).href;
    const env = { NODE_OPTIONS: `--import=${preload}`, PENSTOCK_MIRROR_COMMIT_INTERVAL_MS: '1000' };
    const slow = { ...env, PENSTOCK_MIRROR_LAG_COMMIT_INTERVAL_MS: '1000' };
    const link = await createLink(clusters, { partitions: 1, env: slow });
    const mirror = startMirrorProcess(link.env);
    await untilPhase(mirror, `${link.topic}-0`, 'copying');
    const writing = new AbortController();
    const written = writeTransactions(clusters.sourceCluster, link.topic, [0], 20_000, writing.signal);
    // Copies arrive all the time, so a transaction is open at nearly every moment.
    for (let step = 0; step < 3; step += 1) {
      await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
      mirror.process.signal('SIGUSR2');
      await mirror.process.said('The clock stepped back');
    }
    writing.abort();
    await written;
    // The steps add up to five minutes: whoever waited by the wall clock would still wait.
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.process.isReady()).toBe(true);
    expect(await mirror.stop()).toBe(0);
    expect(mirror.log()).not.toContain('transaction did not end as asked');
    await expectExactCopy(clusters, link, [0]);
  },
  testTimeoutMs,
);

/** One line of /metrics. */
async function metric(mirror: MirrorProcess, name: string): Promise<string | undefined> {
  const answer = await mirror.process.ask('/metrics');
  const line = answer?.text.split('\n').find((each) => each.startsWith(`penstock_mirror_${name} `));
  return line?.split(' ').at(-1);
}
