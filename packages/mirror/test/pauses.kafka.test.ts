import { expect, test } from 'vitest';
import type { LinkStatus } from '../src/commands/link-status.ts';
import { firstLines, mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import {
  copiedUpToNow,
  partitionStates,
  untilPhase,
  untilPosition,
  writeCommitted,
} from './source-writer.ts';
import {
  changeConfigs,
  createLink,
  deleteBelow,
  deleteTopic,
  eventually,
  expectExactCopy,
  useTwoClusters,
  testTimeoutMs,
} from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'records deleted before they were copied pause their partition with the exact range, until an answer',
  async () => {
    const link = await createLink(clusters, { partitions: 2 });
    const first = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 3);
    await untilPosition(first, `${link.topic}-0`, 33n);
    await untilPosition(first, `${link.topic}-1`, 33n);
    expect(await first.stop()).toBe(0);
    // While it is away: four transactions of ten records and a marker, and the first two of them are deleted.
    await writeCommitted(clusters.sourceCluster, link.topic, [0, 1], 4);
    await deleteBelow(clusters.source, link.topic, 0, 55n);
    const second = startMirrorProcess(link.env);
    const { pause } = await untilPhase(second, `${link.topic}-0`, 'paused');
    expect(pause).toEqual({ kind: 'overtaken', from: '33', to: '55' });
    await copiedUpToNow(second, clusters.sourceCluster, link.topic, [1]);

    const table = await mirrorCommand(['status'], link.env);
    expect(table.output).toMatch(new RegExp(`${link.topic}-0 .* paused: overtaken \\[33, 55\\)`));
    const watched = await firstLines(['status', '--json', '--watch'], link.env, 2);
    expect(watched.exitCode).toBe(0);
    const { partitions } = JSON.parse(watched.lines[1] ?? '') as LinkStatus;
    expect(partitions.find(({ partition }) => partition === `${link.topic}-0`)).toMatchObject({
      position: '33',
      sourceEnd: '77',
      behind: 44,
      state: 'paused',
      pause: { kind: 'overtaken', from: '33', to: '55', since: expect.stringMatching(/^20/) },
      todo: expect.stringContaining(
        `mirror resume --link ${link.link} --partition ${link.topic}-0 --skip-gap`,
      ),
    });
    const refused = await mirrorCommand(['resume', '--partition', `${link.topic}-1`, '--skip-gap'], link.env);
    expect(refused).toMatchObject({ exitCode: 1, output: '' });
    expect(refused.problems).toContain(`${link.topic}-1: the partition is not paused`);
    const answer = ['resume', '--partition', `${link.topic}-0`, '--skip-gap'];
    expect((await mirrorCommand(answer, link.env)).output).toContain('goes on at 55');
    await copiedUpToNow(second, clusters.sourceCluster, link.topic, [0, 1]);
    expect(await second.stop()).toBe(0);
    const copied = await clusters.target.consoleConsume(link.topic);
    expect(copied.filter(({ partition }) => partition === 0)).toHaveLength(50);
    expect(copied.filter(({ partition }) => partition === 1)).toHaveLength(70);
  },
  testTimeoutMs,
);

test(
  'a topic made again under its name is not taken for new, and goes on by an answer',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 2);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    await deleteTopic(clusters.source, link.topic, { remade: 1 });
    await clusters.sourceCluster.topic(link.topic, { refresh: true });
    // More records than before: the old offset lies inside the new log, and only the id tells.
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 5);
    const { pause } = await untilPhase(mirror, `${link.topic}-0`, 'paused');
    expect(pause?.kind).toBe('recreated');
    const restart = ['resume', '--partition', `${link.topic}-0`, '--restart'];
    expect((await mirrorCommand(restart, link.env)).output).toContain('goes on at 0');
    await eventually('the new log is copied', async () => {
      const state = (await partitionStates(mirror)).get(`${link.topic}-0`);
      return state?.phase === 'copying' && state.position === '55' ? true : undefined;
    });
    await mirror.stop();
    expect(await clusters.target.consoleConsume(link.topic)).toHaveLength(20 + 50);
  },
  testTimeoutMs,
);

test(
  'a record too large for the target pauses its partition before it, and goes when the limit is raised',
  async () => {
    const link = await createLink(clusters, { partitions: 1 });
    const setLimit = (value: string) =>
      changeConfigs(clusters.target, link.topic, { 'max.message.bytes': value });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 3);
    await untilPosition(mirror, `${link.topic}-0`, 33n);
    await setLimit('120'); // most records are larger than that, alone
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 4);
    const { pause } = await untilPhase(mirror, `${link.topic}-0`, 'paused');
    expect(pause?.kind).toBe('refused');
    await untilPosition(mirror, `${link.topic}-0`, BigInt(pause?.from ?? 0));
    await setLimit('1000000');
    const retry = ['resume', '--partition', `${link.topic}-0`, '--retry'];
    expect((await mirrorCommand(retry, link.env)).output).toContain(`goes on at ${pause?.from}`);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.stop()).toBe(0);
    expect(await expectExactCopy(clusters, link, [0])).toBe(70);
  },
  testTimeoutMs,
);

test(
  'a record too large for the target leaves a reference when that is wanted, and the copying goes on',
  async () => {
    const env = { PENSTOCK_MIRROR_OVERSIZE: 'reject' };
    const link = await createLink(clusters, { partitions: 1, env });
    await changeConfigs(clusters.target, link.topic, { 'max.message.bytes': '150' });
    const mirror = startMirrorProcess(link.env);
    await writeCommitted(clusters.sourceCluster, link.topic, [0], 4);
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    expect(await mirror.stop()).toBe(0);
    const [copied, references, written] = await Promise.all([
      clusters.target.consoleConsume(link.topic),
      clusters.target.consoleConsume(`mirror.${link.link}.rejected`),
      clusters.source.consoleConsume(link.topic),
    ]);
    expect(copied.length).toBeGreaterThan(4);
    expect(references.length).toBeGreaterThan(4);
    expect(text).toContain(`penstock_mirror_rejected_total ${references.length}\n`);
    const offsets = new Set(references.map(({ value }) => Number(JSON.parse(String(value)).offset)));
    const expected = written.filter(({ offset }) => !offsets.has(Number(offset)));
    expect(expected.length + offsets.size).toBe(40);
    expect(copied.map(({ value }) => value)).toEqual(expected.map(({ value }) => value));
  },
  testTimeoutMs,
);
