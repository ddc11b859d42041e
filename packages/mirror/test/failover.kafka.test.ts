import {
  committedOffsets,
  listOffsets,
  openCluster,
  readTopic,
  partitionName,
  type Cluster,
} from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted } from './source-writer.ts';
import { commitPositions, createLink, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

const clusters = useTwoClusters();

// The steps of docs/failover.md, in their order. `a` and `b` are the clusters and the links from them.
test(
  'two clusters copy each other; consumers move from one to the other and back and read each record once',
  async () => {
    const linkA = await createLink(clusters, { partitions: 2, env: { PENSTOCK_MIRROR_NAMING: 'prefix' } });
    const { topic } = linkA;
    const envA = linkA.env;
    const envB = {
      ...envA,
      PENSTOCK_MIRROR_LINK: uniqueName('b'),
      PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: clusters.target.bootstrap.join(','),
      PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: clusters.source.bootstrap.join(','),
    };
    await clusters.target.createTopic(topic, { partitions: 2 });
    expect(await mirrorCommand(['init'], envB)).toMatchObject({ exitCode: 0 });
    const a = clusters.sourceCluster;
    await using b = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const [copyOfA, copyOfB] = [`${linkA.link}.${topic}`, `${envB.PENSTOCK_MIRROR_LINK}.${topic}`];
    const mirrors = [startMirrorProcess(envA), startMirrorProcess(envB)] as const;
    const writeBoth = async () => {
      for (const [cluster, mirror] of [
        [a, mirrors[0]],
        [b, mirrors[1]],
      ] as const) {
        await writeCommitted(cluster, topic, [0, 1], 3);
        await copiedUpToNow(mirror, cluster, topic, [0, 1]);
      }
    };
    await writeBoth();

    // The consumers of cluster a stop somewhere in the middle, and go on at cluster b.
    const group = uniqueName('group');
    const readAtA = { [topic]: [16n, 0n], [copyOfB]: [3n, 24n] };
    await commitOffsets(a, group, readAtA);
    await move(envA, group, []);
    await move(envB, group, ['--back']);
    const atB = await committed(b, group, [copyOfA, topic]);
    expect(await left(b, copyOfA, atB)).toEqual(await left(a, topic, readAtA));
    expect(await left(b, topic, atB)).toEqual(await left(a, copyOfB, readAtA));
    const byJava = await clusters.target.consoleConsume(copyOfA, {
      fromBeginning: false,
      properties: { 'group.id': group, 'auto.offset.reset': 'none' },
    });
    expect(byJava).toHaveLength((await left(a, topic, readAtA)).length);

    // They read all of it there, and return. Both clusters have more by then.
    const readAtB = { [copyOfA]: await ends(b, copyOfA), [topic]: await ends(b, topic) };
    await commitOffsets(b, group, readAtB);
    await writeBoth();
    await move(envA, group, ['--back']);
    await move(envB, group, []);
    const atA = await committed(a, group, [topic, copyOfB]);
    expect(await left(a, topic, atA)).toHaveLength(2 * 3 * 10);
    expect(await left(a, topic, atA)).toEqual(await left(b, copyOfA, readAtB));
    expect(await left(a, copyOfB, atA)).toEqual(await left(b, topic, readAtB));
    for (const mirror of mirrors) expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

type Offsets = Readonly<Record<string, readonly bigint[]>>;

async function move(env: Record<string, string>, group: string, flags: readonly string[]): Promise<void> {
  const command = ['offsets', '--group', group, '--apply', ...flags];
  expect(await mirrorCommand(command, env)).toMatchObject({ exitCode: 0 });
}

async function commitOffsets(cluster: Cluster, groupId: string, offsets: Offsets): Promise<void> {
  const positions = Object.entries(offsets).flatMap(([topic, some]) =>
    some.map((offset, partition) => ({ topic, partition, offset })),
  );
  await commitPositions(cluster, groupId, positions);
}

async function committed(cluster: Cluster, groupId: string, topics: readonly string[]): Promise<Offsets> {
  const partitions = topics.flatMap((topic) => [0, 1].map((partition) => ({ topic, partition })));
  const found = await committedOffsets(cluster, { groupId, memberId: null, memberEpoch: -1, partitions });
  const of = (topic: string) =>
    [0, 1].map((partition) => found.get(partitionName(topic, partition))?.offset ?? -1n);
  return Object.fromEntries(topics.map((topic) => [topic, of(topic)]));
}

async function ends(cluster: Cluster, topic: string): Promise<bigint[]> {
  const found = await listOffsets(cluster, topic, [0, 1], 'latest', 'read_committed');
  return [0, 1].map((partition) => found.get(partition)?.offset ?? -1n);
}

/** What a consumer still finds that goes on at these offsets, in the order of each partition. */
async function left(cluster: Cluster, topic: string, offsets: Offsets): Promise<string[]> {
  const records: string[] = [];
  await readTopic(cluster, topic, ({ offset, key, value, timestampMs }, partition) => {
    if (offset < (offsets[topic]?.[partition] ?? 0n)) return;
    records.push(`${partition} ${key?.toString('hex')} ${value?.toString('hex')} ${timestampMs}`);
  });
  return records;
}
