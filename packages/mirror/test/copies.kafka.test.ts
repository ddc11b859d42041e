import { openTxnSession, openCluster, encodeBatch, codecs, type Cluster } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMirrorProcess, type MirrorProcess } from './mirror-process.ts';
import {
  contents,
  createLink,
  eventually,
  startTwoClusters,
  type TestLink,
  type TwoClusters,
} from './two-clusters.ts';

let clusters: TwoClusters;
let source: Cluster;

beforeAll(async () => {
  clusters = await startTwoClusters();
  source = await openCluster({ bootstrap: clusters.source.bootstrap, clientId: 'test' });
});

afterAll(async () => {
  await source?.[Symbol.asyncDispose]();
  await clusters?.[Symbol.asyncDispose]();
});

test('what is committed arrives once and in order, with key, value, null, headers and time; what is aborted never', async () => {
  const link = await createLink(clusters, { partitions: 3 });
  const mirror = startMirrorProcess(link.env);
  await write(link.topic, 3, 40);
  await caughtUp(mirror, link, 3);
  expect(await mirror.stop()).toBe(0);
  const written = await clusters.source.consoleConsume(link.topic);
  const copied = await clusters.target.consoleConsume(link.topic);
  expect(written).toHaveLength(3 * 20 * 10);
  for (const partition of [0, 1, 2])
    expect(contents(copied, partition)).toEqual(contents(written, partition));
  expect(mirror.log()).not.toContain('"level":"error"');
}, 90_000);

/** Transactions of ten records a partition, with every codec; every other one is aborted. */
async function write(topic: string, partitions: number, transactions: number): Promise<void> {
  await using session = await openTxnSession(source, { transactionalId: uniqueName('writer') });
  for (let round = 0; round < transactions; round += 1) {
    for (let partition = 0; partition < partitions; partition += 1) {
      session.append(
        topic,
        partition,
        encodeBatch(tenRecords(partition, round), { codec: codecs[(round >> 1) % 5]! }),
      );
    }
    await (round % 2 === 0 ? session.commit() : session.abort());
  }
}

function tenRecords(partition: number, round: number) {
  return Array.from({ length: 10 }, (_, index) => ({
    key: index % 5 === 0 ? null : Buffer.from(`key ${partition}`),
    value: index % 7 === 0 ? null : Buffer.from(`${round} ${index} ü\t\n\0`.repeat(1 + index)),
    headers: [
      ['round', String(round)],
      ['empty', Buffer.alloc(0)],
      ['none', null],
    ] as const,
    timestampMs: 1_700_000_000_000 + 1000 * round - index,
  }));
}

async function caughtUp(mirror: MirrorProcess, link: TestLink, partitions: number): Promise<void> {
  await eventually('the mirror has caught up', async () => {
    const status = await mirror.status();
    const states = status?.shards?.flatMap((shard) => shard.partitions) ?? [];
    const done = states.filter(
      (state) => state.partition.startsWith(link.topic) && state.position !== '0' && state.lagRecords === 0,
    );
    return done.length === partitions || mirror.child.exitCode !== null ? done : undefined;
  });
}
