import { openCluster, startBatchProducer } from '@penstock/kafka';
import { readConfig } from '@penstock/service';
import { uniqueName, type ConsumedRecord } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { moveGroup, type MovedGroup } from '../src/commands/move-group.ts';
import { knobs } from '../src/config.ts';
import { openLink } from '../src/link/link-context.ts';
import type { Audited } from '../src/translate/audit-partition.ts';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, writeTransactions } from './source-writer.ts';
import { commitPositions, createLink, testTimeoutMs, useTwoClusters, type TestLink } from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'offsets of a group become exactly those at which the same records follow, there and back',
  async () => {
    const link = await copiedOnce();
    await using context = await openLink(readConfig(knobs, { env: link.env }));
    const written = await clusters.source.consoleConsume(link.topic);
    const copies = await clusters.target.consoleConsume(link.topic);
    for (const [first, second] of [
      [0n, 1n],
      [11n, 12n],
      [37n, 60n],
      [75n, 87n],
      [100n, 120n],
    ] as const) {
      const group = uniqueName('group');
      await commitAtSource(group, link.topic, [first, second]);
      const { positions } = await moveGroup(context, { ...dryRun, group, from: 'source' });
      for (const { from, committed, translated, why } of positions) {
        expect({ from, committed, why }).toEqual({ from, committed, why: null });
        const partition = Number(from.at(-1));
        expect(valuesFrom(copies, partition, translated)).toEqual(valuesFrom(written, partition, committed));
      }
    }
    // By the command, with --apply. Then Kafka's own consumer goes on in that group, on the other cluster.
    const group = uniqueName('moved');
    await commitAtSource(group, link.topic, [37n, 60n]);
    const shown = await mirrorCommand(['offsets', '--group', group], link.env);
    expect(shown).toMatchObject({ exitCode: 0, output: expect.stringContaining('Nothing is written') });
    const applied = await mirrorCommand(['offsets', '--group', group, '--apply', '--json'], link.env);
    expect(applied.exitCode).toBe(0);
    expect((JSON.parse(applied.output) as MovedGroup).applied).toBe(true);
    const rest = await clusters.target.consoleConsume(link.topic, {
      fromBeginning: false,
      properties: { 'group.id': group, 'auto.offset.reset': 'none' },
    });
    expect(valuesFrom(rest, 0, '0')).toEqual(valuesFrom(written, 0, '37'));
    expect(valuesFrom(rest, 1, '0')).toEqual(valuesFrom(written, 1, '60'));
    // It has read everything there. So back at the source nothing is left, but for what was not copied.
    const back = await moveGroup(context, { ...dryRun, group, from: 'target' });
    for (const { from, translated, why } of back.positions) {
      expect(why).toBeNull();
      expect(valuesFrom(written, Number(from.at(-1)), translated)).toEqual([]);
    }
    const again = await mirrorCommand(['offsets', '--group', group, '--apply'], link.env);
    expect(again).toMatchObject({ exitCode: 1, problems: expect.stringContaining('is further there') });
  },
  testTimeoutMs,
);

test(
  'an audit finds equal what was copied, and names the first record that is not a copy',
  async () => {
    const link = await copiedOnce();
    const equal = await mirrorCommand(['audit', '--json'], link.env);
    expect(equal).toMatchObject({ exitCode: 0, problems: expect.stringContaining('comparing') });
    const audited = equal.output
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Audited);
    expect(audited.map(({ verdict, sourceRecords }) => [verdict, sourceRecords])).toEqual([
      ['equal', 60],
      ['equal', 60],
    ]);
    expect(audited[0]?.sourceCrc).toBe(audited[0]?.targetCrc);
    const range = ['--partition', `${link.topic}-0`, '--from', '14', '--to', '25'];
    const part = await mirrorCommand(['audit', '--json', ...range], link.env);
    const [half] = [JSON.parse(part.output) as Audited];
    const written = await clusters.source.consoleConsume(link.topic, { partition: 0 });
    const inRange = written.filter(({ offset }) => offset >= 14n && offset < 25n).length;
    expect(half).toMatchObject({ verdict: 'equal', from: '14', to: '25', sourceRecords: inRange });
    // Somebody writes among the copies, and the mirror goes on after it. A killed one has not written the
    // pairs that tell where the range ends on the target.
    for (const [partition, end] of [
      [0, 'stop'],
      [1, 'kill'],
    ] as const) {
      await writeForeign(link.topic, partition);
      const mirror = startMirrorProcess(link.env);
      await writeTransactions(clusters.sourceCluster, link.topic, [partition], 1);
      await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [partition], 'read_uncommitted');
      await mirror[end]();
      const found = await mirrorCommand(['audit', '--partition', `${link.topic}-${partition}`], link.env);
      expect(found).toMatchObject({ exitCode: 1, output: expect.stringContaining('different from source') });
    }
  },
  testTimeoutMs,
);

async function writeForeign(topic: string, partition: number): Promise<void> {
  await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
  await using producer = await startBatchProducer(target, { onSettled: () => undefined });
  producer.append(topic, partition, { key: null, value: Buffer.from('foreign'), timestampMs: Date.now() }, 0);
  await producer.drain();
}

const dryRun = { apply: false, progress: () => undefined };

let copied: Promise<TestLink> | undefined;

/** The same link for both tests. */
function copiedOnce(): Promise<TestLink> {
  return (copied ??= copiedWithDeaths());
}

/** Six committed and six aborted transactions in two partitions, copied by a mirror that was killed twice. */
async function copiedWithDeaths(): Promise<TestLink> {
  const link = await createLink(clusters, { partitions: 2 });
  for (const isLast of [false, false, true]) {
    const mirror = startMirrorProcess(link.env);
    await writeTransactions(clusters.sourceCluster, link.topic, [0, 1], 4);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1], 'read_uncommitted');
    if (isLast) expect(await mirror.stop()).toBe(0);
    else await mirror.kill(); // its last pairs are not written yet
  }
  return link;
}

async function commitAtSource(group: string, topic: string, offsets: readonly bigint[]): Promise<void> {
  const positions = offsets.map((offset, partition) => ({ topic, partition, offset }));
  await commitPositions(clusters.sourceCluster, group, positions);
}

function valuesFrom(records: readonly ConsumedRecord[], partition: number, from: string | null): string[] {
  return records
    .filter((each) => each.partition === partition && each.offset >= BigInt(from ?? -1))
    .map(({ key, value, timestampMs }) => `${key?.toString('hex')} ${value?.toString('hex')} ${timestampMs}`);
}
