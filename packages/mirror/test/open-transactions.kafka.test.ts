import {
  listOffsets,
  encodeBatch,
  namedTransactions,
  openCluster,
  openTransactionSession,
  type Cluster,
} from '@penstock/kafka';
import { genesisRecord, readLedger } from '@penstock/ledger';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import type { MovedGroup } from '../src/commands/move-group.ts';
import type { Audited } from '../src/translate/audit-partition.ts';
import { mirrorCommand, startMirrorProcess, watchStatus } from './mirror-process.ts';
import { copiedUpToNow, writeCommitted } from './source-writer.ts';
import {
  commitPositions,
  createLink,
  deleteTopic,
  eventually,
  expectExactCopy,
  testTimeoutMs,
  useTwoClusters,
  type TestLink,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'copies behind an open transaction of somebody else are not taken for lost, nor guessed, nor waited for',
  async () => {
    // No survey writes the last pairs: those of a commit come with the next one.
    const env = { PENSTOCK_MIRROR_SHARDS: '1', PENSTOCK_MIRROR_DISCOVERY_INTERVAL_MS: '600000' };
    const link = await createLink(clusters, { partitions: 1, env });
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    await using stranger = await openTransactionSession(target, {
      transactionalId: uniqueName('stranger'),
      transactionTimeoutMs: 300_000,
    });
    const mirror = startMirrorProcess(link.env);
    const copyOneMore = async () => {
      await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
      await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0], 'read_uncommitted');
    };
    await copyOneMore(); // [0, 10) and a marker on both sides
    await endOf(target, link, 11n);
    const value = Buffer.from('undecided');
    stranger.append(link.topic, 0, encodeBatch([{ key: null, value, timestampMs: Date.now() }]));
    await endOf(target, link, 12n);
    await copyOneMore(); // of the source [11, 21), on the target [12, 22)
    await copyOneMore(); // of the source [22, 32), on the target [23, 33), and no pairs of it
    await endOf(target, link, 34n);
    await mirror.kill();

    const hidden = 'of the target is undecided from offset 11 on, by a transaction that is open';
    const at = (cluster: Cluster, offset: bigint) => translated(link, cluster, offset, cluster === target);
    expect(await at(clusters.sourceCluster, 15n)).toBe('16 null');
    expect(await at(target, 16n)).toBe('15 null');
    expect(await at(clusters.sourceCluster, 27n)).toBe(`null ${link.topic}-0 ${hidden}`);
    expect(await at(target, 28n)).toBe(`null ${link.topic}-0 ${hidden}`);
    expect(await at(target, 35n)).toBe('null the log ends at 34');
    // What lies before the transaction can be read.
    expect(await at(clusters.sourceCluster, 7n)).toBe('7 null');
    expect(await audit(link)).toMatchObject([
      2,
      { verdict: 'unknown', why: expect.stringContaining(hidden) },
    ]);
    expect(await audit(link, '--to', '15')).toMatchObject([2, { why: expect.stringContaining(hidden) }]);
    expect(await audit(link, '--to', '9')).toMatchObject([0, { verdict: 'equal', sourceRecords: 9 }]);

    await stranger.abort();
    expect(await at(clusters.sourceCluster, 27n)).toBe('28 null');
    expect(await at(target, 28n)).toBe('27 null');
    expect(await audit(link)).toMatchObject([0, { verdict: 'equal', sourceRecords: 30, targetRecords: 30 }]);
  },
  testTimeoutMs,
);

test(
  'a mirror that starts while a transaction of somebody else hides its last commits copies nothing twice',
  async () => {
    const env = { PENSTOCK_MIRROR_SHARDS: '1', PENSTOCK_MIRROR_DISCOVERY_INTERVAL_MS: '600000' };
    const link = await createLink(clusters, { partitions: 1, env });
    const ledger = { ...link, topic: `mirror.${link.link}` };
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const transactionalId = uniqueName('stranger');
    await using stranger = await openTransactionSession(target, {
      transactionalId,
      transactionTimeoutMs: 600_000,
    });
    const first = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await copiedUpToNow(first, clusters.sourceCluster, link.topic, [0]);
    const key = Buffer.from('of a stranger');
    stranger.append(ledger.topic, 0, encodeBatch([{ key, value: null, timestampMs: Date.now() }]));
    await eventually('it is open', async () => {
      const open = await namedTransactions(target, [{ topic: ledger.topic, partition: 0 }]);
      return open.some((each) => each.transactionalId === transactionalId) || undefined;
    });
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 3);
    await copiedUpToNow(first, clusters.sourceCluster, link.topic, [0]);
    await first.kill();

    const next = startMirrorProcess(link.env);
    await eventually('it says who hides its ledger', async () => {
      const idle = (await next.status())?.shards?.[0]?.idleBecause;
      return idle?.includes(`transactional id ${transactionalId} (producer id`) || undefined;
    });
    const { text } = (await next.process.ask('/metrics')) ?? {};
    expect(text).toMatch(/^penstock_mirror_idle_shards 1$/m);
    const status = await mirrorCommand(['status'], link.env);
    expect(status.output).toContain(`THESE MAY BE OLD POSITIONS: ${ledger.topic}-0 is undecided from offset`);
    expect(status.output).toContain(transactionalId);
    const audited = await mirrorCommand(['audit'], link.env);
    expect(audited).toMatchObject({ exitCode: 1, problems: expect.stringContaining(transactionalId) });
    expect(next.process.exit).toBeUndefined();

    await stranger.abort();
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await copiedUpToNow(next, clusters.sourceCluster, link.topic, [0]);
    expect(await next.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(50);
  },
  testTimeoutMs,
);

test(
  'a mirror that starts while its genesis is hidden waits until it can be seen, and so does who watches',
  async () => {
    const link = await createLink(clusters, { partitions: 1, env: { PENSTOCK_MIRROR_SHARDS: '1' } });
    const ledger = { ...link, topic: `mirror.${link.link}` };
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const { genesis } = await readLedger(target, ledger.topic, 0);
    await deleteTopic(clusters.target, ledger.topic);
    await clusters.target.createTopic(ledger.topic, {
      partitions: 1,
      configs: { 'cleanup.policy': 'compact' },
    });
    await using fresh = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    const transactionalId = uniqueName('stranger');
    await using stranger = await openTransactionSession(fresh, {
      transactionalId,
      transactionTimeoutMs: 600_000,
    });
    stranger.append(ledger.topic, 0, encodeBatch([genesisRecord(0, genesis, Date.now())]));
    await endOf(fresh, ledger, 1n);

    const mirror = startMirrorProcess(link.env);
    await eventually('it says who hides its genesis', async () => {
      if (mirror.process.exit) throw new Error(`the mirror has ended\n${mirror.log()}`);
      const { text } = (await mirror.process.ask('/readyz')) ?? {};
      return text?.includes(`transactional id ${transactionalId}`) || undefined;
    });
    const told = Promise.withResolvers<string>();
    let said = '';
    const watch = watchStatus(link.env, (text) => {
      said += text;
      if (said.includes(transactionalId)) told.resolve(said);
    });
    const first = watch.next();
    expect(await Promise.race([told.promise, first])).toContain(transactionalId);

    await stranger.commit();
    expect((await first).value).toMatchObject({ link: link.link, shards: 1 });
    await watch.return(undefined as never);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 1);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.stop()).toBe(0);
  },
  testTimeoutMs,
);

/** Waits until so much is written there, visible or not. */
async function endOf(target: Cluster, { topic }: TestLink, end: bigint): Promise<void> {
  await eventually(`${topic} ends at ${end}`, async () => {
    const ends = await listOffsets(target, topic, [0], 'latest', 'read_uncommitted');
    return ends.get(0)?.offset === end ? true : undefined;
  });
}

async function translated(
  link: TestLink,
  cluster: Cluster,
  offset: bigint,
  isBack: boolean,
): Promise<string | undefined> {
  const group = uniqueName('group');
  await commitPositions(cluster, group, [{ topic: link.topic, partition: 0, offset }]);
  const args = ['offsets', '--group', group, '--json', ...(isBack ? ['--back'] : [])];
  const { output } = await mirrorCommand(args, link.env);
  return (JSON.parse(output) as MovedGroup).positions.map((each) => `${each.translated} ${each.why}`)[0];
}

async function audit(link: TestLink, ...range: string[]): Promise<[number, Audited]> {
  const args = ['audit', '--json', '--partition', `${link.topic}-0`, ...range];
  const { exitCode, output } = await mirrorCommand(args, link.env);
  return [exitCode, JSON.parse(output) as Audited];
}
