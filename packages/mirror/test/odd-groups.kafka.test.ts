import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeBatch, listOffsets, openCluster, openTransactionSession, type Cluster } from '@penstock/kafka';
import { brokerKind, givenBootstrap, startKafka, uniqueName } from '@penstock/test-broker';
import { expect, onTestFinished, test } from 'vitest';
import type { MovedGroup } from '../src/commands/move-group.ts';
import {
  mirrorCommand,
  startMirrorProcess,
  type MirrorEnvironment,
  type MirrorProcess,
} from './mirror-process.ts';
import {
  copiedUpToNow,
  partitionStates,
  untilPhase,
  untilPosition,
  writeCommitted,
} from './source-writer.ts';
import {
  commitPositions,
  createLink,
  deleteBelow,
  deleteTopic,
  eventually,
  expectExactCopy,
  testTimeoutMs,
  useTwoClusters,
  type TestLink,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a group that had read everything goes to the beginning of a copy that never had anything to copy',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 2);
    await deleteBelow(clusters.source, link.topic, 0, 22n);
    const group = uniqueName('group');
    await commitPositions(clusters.sourceCluster, group, [{ topic: link.topic, partition: 0, offset: 22n }]);
    const mirror = startMirrorProcess(link.env);
    await untilPosition(mirror, `${link.topic}-0`, 22n);
    expect(await translated(link.env, group)).toEqual(['0 null']);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await copied(mirror, link, [0]);
    expect(await translated(link.env, group)).toEqual(['0 null']);
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

test.runIf(brokerKind() === 'jvm' && givenBootstrap() === undefined)(
  'a group is not sent to the beginning of a copy that was lost',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'penstock-lost-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    await using target = await startKafka({ name: 'mirror-lost', dataFolderOf: () => join(folder, 'data') });
    const link = await createLink({ source: clusters.source, target }, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    for (let round = 0; round < 2; round += 1) {
      await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
      await copied(mirror, link, [0]);
    }
    expect(await mirror.stop()).toBe(0);
    // The broker comes back with an empty log of the copies and of the pairs; the topics keep their ids.
    await target.brokers[0]?.kill();
    for (const name of [link.topic, `mirror.${link.link}.pairs`]) {
      for (const partition of [0, 1]) {
        await rm(join(folder, 'data', `${name}-${partition}`), { recursive: true, force: true });
      }
    }
    await target.brokers[0]?.start();
    await deleteBelow(clusters.source, link.topic, 0, 15n);
    const group = uniqueName('group');
    await commitPositions(clusters.sourceCluster, group, [{ topic: link.topic, partition: 0, offset: 20n }]);
    expect(await translated(link.env, group)).toEqual([
      'null the target has lost copies: its log ends at 0 now',
    ]);
    const audited = await mirrorCommand(['audit'], link.env);
    expect(audited).toMatchObject({ exitCode: 2, output: expect.stringContaining('lost copies') });
  },
  testTimeoutMs,
);

test(
  'of a source made again, no offset is taken for one of the log before, in either direction',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const at = async (cluster: Cluster, offset: bigint) => {
      const group = uniqueName('group');
      await commitPositions(cluster, group, [{ topic: link.topic, partition: 0, offset }]);
      const [answer] = await translated(link.env, group, cluster === target ? ['--back'] : []);
      return answer;
    };
    const copy = async () => {
      const mirror = startMirrorProcess(link.env);
      // The pairs of a commit are written with the next one.
      for (let round = 0; round < 3; round += 1) {
        await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
        await copied(mirror, link, [0]);
      }
      return mirror;
    };
    const first = await copy();
    expect([await at(clusters.sourceCluster, 5n), await at(target, 5n)]).toEqual(['5 null', '5 null']);
    await deleteTopic(clusters.source, link.topic, { remade: 1 });
    await untilPhase(first, `${link.topic}-0`, 'paused');
    expect(await first.stop()).toBe(0);
    const restart = ['resume', '--partition', `${link.topic}-0`, '--restart'];
    expect(await mirrorCommand(restart, link.env)).toMatchObject({ exitCode: 0 });
    await clusters.sourceCluster.topic(link.topic, { refresh: true });
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    expect(await at(clusters.sourceCluster, 5n)).toBe('null copied only up to 0');
    expect(await at(target, 5n)).toMatch(/^null the source does not have /);
    const ended = await listOffsets(target, link.topic, [0], 'latest', 'read_committed');
    const end = ended.get(0)!.offset;
    expect(await (await copy()).stop()).toBe(0);
    expect(await at(clusters.sourceCluster, 5n)).toBe(`${end + 5n} null`);
    expect(await at(target, end + 5n)).toBe('5 null');
    expect(await at(target, 5n)).toMatch(/^null the source does not have /);
  },
  testTimeoutMs,
);

test(
  'offsets of -1, which some clients commit, are no positions on either side',
  async () => {
    const link = await createLink(clusters, { partitions: 2 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 1);
    await copied(mirror, link, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    const group = uniqueName('group');
    const [first, second] = [0, 1].map((partition) => ({ topic: link.topic, partition, offset: -1n }));
    await commitPositions(clusters.sourceCluster, group, [{ ...first!, offset: 5n }, second!]);
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    await commitPositions(target, group, [first!, second!]);
    expect(await translated(link.env, group)).toEqual(['5 null']);
  },
  testTimeoutMs,
);

test(
  'records without a time are copied as they are, and their age is unknown, not half a century',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    const timeless = () => encodeBatch([{ key: null, value: Buffer.from('timeless'), timestampMs: -1 }]);
    const transactionalId = uniqueName('writer');
    await using session = await openTransactionSession(clusters.sourceCluster, { transactionalId });
    session.append(link.topic, 0, timeless());
    await session.commit();
    await untilPosition(mirror, `${link.topic}-0`, 2n);
    session.append(link.topic, 0, timeless()); // undecided
    const state = await eventually('a lag is seen', async () => {
      const seen = (await partitionStates(mirror)).get(`${link.topic}-0`);
      return seen?.lagRecords === 1 ? seen : undefined;
    });
    expect(state).toMatchObject({ lagSeconds: null });
    await session.commit();
    await untilPosition(mirror, `${link.topic}-0`, 4n);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(2);
  },
  testTimeoutMs,
);

/**
 * What was written is copied. A broker says that a transaction is committed before every reader sees that it
 * is: so this asks for the end of what was written, not of what is visible.
 */
function copied(mirror: MirrorProcess, { topic }: TestLink, partitions: readonly number[]): Promise<void> {
  return copiedUpToNow(mirror, clusters.sourceCluster, topic, partitions, 'read_uncommitted');
}

/** Where each partition would go, and why it cannot. */
async function translated(
  env: MirrorEnvironment,
  group: string,
  flags: readonly string[] = [],
): Promise<string[]> {
  const { output } = await mirrorCommand(['offsets', '--group', group, '--json', ...flags], env);
  const { positions } = JSON.parse(output) as MovedGroup;
  return positions.map((each) => `${each.translated} ${each.why}`);
}
