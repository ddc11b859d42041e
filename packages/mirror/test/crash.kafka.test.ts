import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess, watchStatus } from './mirror-process.ts';
import { copiedUpToNow, ownsShards, partitionStates, writeTransactions } from './source-writer.ts';
import { createLink, eventually, expectExactCopy, useTwoClusters, testTimeoutMs } from './two-clusters.ts';

const clusters = useTwoClusters({ harmed: true });

/** More of them in `npm run soak -- mirror`. */
const kills = Number(process.env['PENSTOCK_ROUNDS'] ?? 6);

test(
  'killed at random points, it loses nothing and doubles nothing',
  async () => {
    const partitions = [0, 1, 2, 3];
    const link = await createLink(clusters, { partitions: 4 });
    const writing = new AbortController();
    const written = writeTransactions(clusters.sourceCluster, link.topic, partitions, 1e9, writing.signal);
    for (let round = 0; round < kills; round += 1) {
      const mirror = startMirrorProcess(link.env);
      await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, partitions);
      await sleep(400 * Math.random());
      await mirror.kill();
    }
    writing.abort();
    await written;
    const mirror = startMirrorProcess(link.env);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, partitions);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, partitions)).toBeGreaterThan(1000);
  },
  Math.max(testTimeoutMs, kills * 20_000),
);

test(
  'the brokers of both sides are killed under it: it goes on by itself, and nothing is lost or doubled',
  async () => {
    const partitions = [0, 1];
    const link = await createLink(clusters, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    for (const cluster of [clusters.target, clusters.source]) {
      await writeTransactions(clusters.sourceCluster, link.topic, partitions, 60);
      const [broker] = cluster.brokers;
      await broker?.kill();
      await broker?.start();
    }
    await writeTransactions(clusters.sourceCluster, link.topic, partitions, 20);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, partitions);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, partitions)).toBe(2 * 70 * 10);
  },
  testTimeoutMs,
);

test(
  'while the source is away its lag is unknown, not 0, and the mirror is not ready',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    await writeTransactions(clusters.sourceCluster, link.topic, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    const [broker] = clusters.source.brokers;
    await broker?.kill();
    await eventually('the lag is unknown', async () => {
      const state = (await partitionStates(mirror)).get(`${link.topic}-0`);
      return state?.lagRecords === null ? true : undefined;
    });
    expect(await mirror.process.isReady()).toBe(false);
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    expect(text).not.toContain('penstock_mirror_lag_records{');
    // `mirror status` does not need the source either: it is asked for most when the datacenter is lost.
    const { position } = (await partitionStates(mirror)).get(`${link.topic}-0`)!;
    const { exitCode, output } = await mirrorCommand(['status'], link.env);
    expect({ exitCode, output }).toMatchObject({ exitCode: 0 });
    expect(output).toMatch(new RegExp(`${link.topic}-0 +${link.topic}-0 +${position} +[?] +[?] +copied`));
    expect(output).toContain('The source does not answer');
    await broker?.start();
    await mirror.process.untilReady();
    await writeTransactions(clusters.sourceCluster, link.topic, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.stop()).toBe(0);
    await expectExactCopy(clusters, link, [0]);
  },
  testTimeoutMs,
);

test(
  'mirror status --watch stays connected, says when the source is away, and when it is back',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const [host = '', port] = clusters.source.bootstrap[0]?.split(':') ?? [];
    await using proxy = await startProxy({ target: { host, port: Number(port) } });
    const turns = watchStatus({ ...link.env, PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: proxy.address });
    const isAway = async () => (await turns.next()).value.sourceAway !== null;
    expect(await isAway()).toBe(false);
    await proxy.refuse(); // whoever connects anew finds nobody
    for (let turn = 0; turn < 2; turn += 1) expect(await isAway()).toBe(false);
    const [broker] = clusters.source.brokers;
    await broker?.kill();
    while (!(await isAway()));
    await broker?.start();
    await proxy.pass();
    while (await isAway());
  },
  testTimeoutMs,
);

test(
  'two processes share a link; one is stopped, comes back as a zombie, and dies: nothing is lost or doubled',
  async () => {
    const partitions = [0, 1, 2, 3];
    const link = await createLink(clusters, { partitions: 4 });
    const writing = new AbortController();
    const written = writeTransactions(clusters.sourceCluster, link.topic, partitions, 20_000, writing.signal);
    const first = startMirrorProcess(link.env);
    await copiedUpToNow(first, clusters.sourceCluster, link.topic, partitions);
    const second = startMirrorProcess({ ...link.env, PENSTOCK_MIRROR_INSTANCE: 'two' });
    await ownsShards(second, 1);
    await ownsShards(first, 1);
    second.process.signal('SIGSTOP'); // in the middle of whatever it does, beyond its session
    await ownsShards(first, 2);
    second.process.signal('SIGCONT');
    await ownsShards(first, 1);
    await ownsShards(second, 1);
    await second.kill();
    await ownsShards(first, 2);
    writing.abort();
    await written;
    await copiedUpToNow(first, clusters.sourceCluster, link.topic, partitions);
    expect(await first.stop()).toBe(0);
    await expectExactCopy(clusters, link, partitions);
  },
  testTimeoutMs,
);
