import { openCluster, startBatchProducer } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess, type MirrorEnvironment } from './mirror-process.ts';
import { untilPhase } from './source-writer.ts';
import { changeConfigs, createLink, useTwoClusters, testTimeoutMs } from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'a link that was never initialised, or whose ledger is gone, is not begun anew',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    expect(await runs(link.env, { PENSTOCK_MIRROR_LINK: uniqueName('other') })).toContain(
      'run \\"mirror init --link',
    );
    // A ledger made by hand has no genesis.
    const bare = uniqueName('bare');
    await clusters.target.createTopic(`mirror.${bare}`, {
      partitions: 2,
      configs: { 'cleanup.policy': 'compact' },
    });
    expect(await runs(link.env, { PENSTOCK_MIRROR_LINK: bare })).toContain('has no genesis in partition 0');
  },
  testTimeoutMs,
);

test(
  'a ledger with more partitions than it was begun with is refused: partitions would change their shard',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    await clusters.target.admin((admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: `mirror.${link.link}`, count: 3 }] }),
    );
    expect(await runs(link.env, {})).toContain('was begun with 2 partitions and has 3');
  },
  testTimeoutMs,
);

test(
  'source = target is refused, by init too',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const same = { PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: clusters.target.bootstrap.join(',') };
    expect(await runs(link.env, same)).toContain('it would copy its own copies');
    expect(await mirrorCommand(['init'], { ...link.env, ...same })).toMatchObject({ exitCode: 1 });
  },
  testTimeoutMs,
);

test(
  'a link whose copies would come back to their source is refused, unless the names differ',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const back = {
      ...link.env,
      PENSTOCK_MIRROR_LINK: uniqueName('back'),
      PENSTOCK_MIRROR_SOURCE_KAFKA_BOOTSTRAP: clusters.target.bootstrap.join(','),
      PENSTOCK_MIRROR_TARGET_KAFKA_BOOTSTRAP: clusters.source.bootstrap.join(','),
    };
    const refused = await mirrorCommand(['init'], back);
    expect(refused).toMatchObject({ exitCode: 1, problems: expect.stringContaining('for ever') });
    const renamed = { ...back, PENSTOCK_MIRROR_NAMING: 'prefix' };
    expect(await mirrorCommand(['init'], renamed)).toMatchObject({ exitCode: 0 });
  },
  testTimeoutMs,
);

test(
  'target topics that would change or lose the copies are refused by init with every difference',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const changed = {
      'compression.type': 'gzip',
      'max.message.bytes': '2000',
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
    };
    await changeConfigs(clusters.target, link.topic, changed);
    const { exitCode, problems } = await mirrorCommand(['init'], link.env);
    expect(exitCode).toBe(1);
    expect(problems).toContain('compression.type is gzip, needs producer');
    expect(problems).toContain('max.message.bytes is 2000, needs 1048588 or more');
    expect(problems).toContain('cleanup.policy is compact, the source has delete');
    expect(problems).toContain('segment.bytes is 1048576');
  },
  testTimeoutMs,
);

test(
  'names that Kafka would refuse are told by init, with the reason, before it makes anything',
  async () => {
    const link = await createLink(clusters, { partitions: 1, topic: uniqueName('under_score') });
    const other = { ...link.env, PENSTOCK_MIRROR_LINK: uniqueName('other') };
    const dotted = link.topic.replace('_', '.');
    const beside = await mirrorCommand(['init'], { ...other, PENSTOCK_MIRROR_TOPICS: `${dotted}:1` });
    expect(beside.problems).toContain(`topic ${dotted}: the target has ${link.topic}`);
    const long = { PENSTOCK_MIRROR_TOPICS: `${'x'.repeat(249)}:1`, PENSTOCK_MIRROR_NAMING: 'prefix' };
    expect((await mirrorCommand(['init'], { ...other, ...long })).problems).toContain('Kafka takes 249');
    const topics = await clusters.target.admin((admin) => admin.listTopics());
    expect(topics).not.toContain(`mirror.${other.PENSTOCK_MIRROR_LINK}`);
  },
  testTimeoutMs,
);

test(
  'a target that keeps copies for a shorter time is accepted when that is said to be on purpose',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    await changeConfigs(clusters.target, link.topic, { 'retention.ms': '3000' });
    const refused = await mirrorCommand(['init'], link.env);
    expect(refused.problems).toContain('retention.ms is 3000, needs 604800000 or more');
    const onPurpose = { ...link.env, PENSTOCK_MIRROR_TARGET_CLEANUP: 'own' };
    expect(await mirrorCommand(['init'], onPurpose)).toMatchObject({ exitCode: 0 });
  },
  testTimeoutMs,
);

test(
  'links on one target have ranges of their own, and the same again gives the same result',
  async () => {
    const link = await createLink(clusters, { partitions: 3 });
    const other = { ...link.env, PENSTOCK_MIRROR_LINK: uniqueName('second') };
    const report = `${link.topic} -> ${link.topic} partitions 3 to 5\n`;
    expect((await mirrorCommand(['init'], other)).output).toContain(report);
    expect(await mirrorCommand(['init'], other)).toMatchObject({ exitCode: 0, output: report });
  },
  testTimeoutMs,
);

test(
  'a target partition that has records already is not begun',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    await using target = await openCluster({ bootstrap: clusters.target.bootstrap, clientId: 'test' });
    await using producer = await startBatchProducer(target, { onSettled: () => undefined });
    producer.append(link.topic, 0, { key: null, value: Buffer.from('foreign'), timestampMs: Date.now() }, 0);
    await producer.drain();
    const mirror = startMirrorProcess(link.env);
    const { pause } = await untilPhase(mirror, `${link.topic}-0`, 'paused');
    expect(pause).toEqual({ kind: 'target-not-empty', from: '0', to: '1' });
  },
  testTimeoutMs,
);

test(
  'commands and configuration that make no sense are refused with exit code 2',
  async () => {
    expect(await mirrorCommand(['copy'], {})).toMatchObject({ exitCode: 2 });
    expect(await mirrorCommand(['status', '--loud'], {})).toMatchObject({ exitCode: 2 });
    const { exitCode, problems } = await mirrorCommand(['status'], { PENSTOCK_MIRROR_SHARD: '3' });
    expect(problems).toContain('PENSTOCK_MIRROR_SHARD: no such knob');
    expect(problems).toContain('PENSTOCK_MIRROR_LINK');
    expect(exitCode).toBe(2);
  },
  testTimeoutMs,
);

test(
  'a topic that the source does not have is named, by init and by status',
  async () => {
    const never = uniqueName('never');
    const link = await createLink(clusters, { partitions: 1, further: `${never}:2` });
    const init = await mirrorCommand(['init'], link.env);
    expect(init.output).toContain(`${never} -> ${never} partitions 0 to 1; the source shows no such topic`);
    const status = await mirrorCommand(['status'], link.env);
    expect(status.output).toContain(`${never}: the source shows no such topic; check its name, or wait`);
    expect(status.output).not.toContain(`${link.topic}: the source`);
    const other = { PENSTOCK_MIRROR_LINK: uniqueName('other'), PENSTOCK_MIRROR_TOPICS: `/${never}[.].*/` };
    const fewer = await mirrorCommand(['init'], { ...link.env, PENSTOCK_MIRROR_TOPICS: `${never}:2` });
    expect(fewer.output).toContain(`${link.topic} -> ${link.topic} partitions 0 to 0\n`);
    const empty = await mirrorCommand(['init'], { ...link.env, ...other });
    expect(empty.output).toContain(`/${never}[.].*/ finds no topic to copy`);
  },
  testTimeoutMs,
);

/** Starts the mirror, which must give up by itself, and answers what it said. */
async function runs(env: MirrorEnvironment, change: MirrorEnvironment): Promise<string> {
  const mirror = startMirrorProcess({ ...env, ...change });
  expect(await mirror.exitCode()).toBe(1);
  return mirror.log();
}
