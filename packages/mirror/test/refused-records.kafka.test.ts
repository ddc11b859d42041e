import { encodeBatch, openTransactionSession } from '@penstock/kafka';
import { uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { mirrorCommand, startMirrorProcess } from './mirror-process.ts';
import { copiedUpToNow, partitionStates } from './source-writer.ts';
import { changeConfigs, createLink, eventually, testTimeoutMs, useTwoClusters } from './two-clusters.ts';

const clusters = useTwoClusters();

test(
  'records without keys, written before their topic was compacted, pause it; a skip leaves out no others',
  async () => {
    const link = await createLink(clusters, { partitions: 2, env: { PENSTOCK_MIRROR_SHARDS: '1' } });
    await using session = await openTransactionSession(clusters.sourceCluster, {
      transactionalId: uniqueName('writer'),
    });
    const written = ['a', null, 'c', null, null, 'f'].map((key, at) => ({
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(`value ${at}`),
      timestampMs: Date.now(),
    }));
    for (const record of written) session.append(link.topic, 0, encodeBatch([record]));
    session.append(link.topic, 1, encodeBatch(written, { codec: 'zstd' }));
    await session.commit();
    for (const side of [clusters.source, clusters.target]) {
      await changeConfigs(side, link.topic, { 'cleanup.policy': 'compact' });
    }
    const mirror = startMirrorProcess(link.env);
    for (const partition of [0, 1]) {
      const name = `${link.topic}-${partition}`;
      let answered: string | undefined;
      for (const [from, to] of [
        ['1', '2'],
        ['3', '5'],
      ] as const) {
        const paused = await eventually(`${name} is paused at ${from}`, async () => {
          const state = (await partitionStates(mirror)).get(name);
          const { from: pausedAt } = state?.pause ?? {};
          return pausedAt !== answered && state?.position === pausedAt ? state : undefined; // committed
        });
        expect(paused).toMatchObject({ position: from, pause: { kind: 'refused', from, to } });
        expect(paused.detail).toContain('INVALID_RECORD: Compacted topic cannot accept message without key');
        const status = await mirrorCommand(['status'], link.env);
        expect(status.output).toContain(`--partition ${name} --skip-gap  # drops the range`);
        const skip = await mirrorCommand(['resume', '--partition', name, '--skip-gap'], link.env);
        expect(skip.output + skip.problems).toContain(`goes on at ${to}`);
        answered = from;
      }
    }
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0, 1]);
    expect(await mirror.stop()).toBe(0);
    const copied = await clusters.target.consoleConsume(link.topic);
    for (const partition of [0, 1]) {
      const values = copied
        .filter((record) => record.partition === partition)
        .map(({ value }) => String(value));
      expect(values).toEqual(['value 0', 'value 2', 'value 5']);
    }
  },
  testTimeoutMs,
);

test(
  'of many partitions that begin with a record without a key, all are paused after a few tries',
  async () => {
    const partitions = Array.from({ length: 12 }, (_, partition) => partition);
    const env = { PENSTOCK_MIRROR_SHARDS: '1' };
    const link = await createLink(clusters, { partitions: partitions.length, env });
    const transactionalId = uniqueName('writer');
    await using session = await openTransactionSession(clusters.sourceCluster, { transactionalId });
    const records = [null, 'b'].map((key) => ({
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from('value'),
      timestampMs: Date.now(),
    }));
    for (const partition of partitions) session.append(link.topic, partition, encodeBatch(records));
    await session.commit();
    for (const side of [clusters.source, clusters.target]) {
      await changeConfigs(side, link.topic, { 'cleanup.policy': 'compact' });
    }
    const mirror = startMirrorProcess(link.env);
    await eventually('all are paused, and the ledger has it', async () => {
      const status = await mirrorCommand(['status'], link.env);
      const paused = status.output.match(/paused: refused \[0, 1\)/g) ?? [];
      return paused.length === partitions.length ? true : undefined;
    });
    const { text } = (await mirror.process.ask('/metrics')) ?? {};
    const aborted = /transactions_total\{outcome="aborted"\} ([0-9]+)/.exec(text ?? '')?.[1];
    // More than one, where the answer to one fetch leaves some partitions out.
    expect(Number(aborted)).toBeLessThanOrEqual(partitions.length / 2);
    for (const partition of partitions) {
      const skip = ['resume', '--partition', `${link.topic}-${partition}`, '--skip-gap'];
      expect(await mirrorCommand(skip, link.env)).toMatchObject({ exitCode: 0 });
    }
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, partitions);
    expect(await mirror.stop()).toBe(0);
    expect(await clusters.target.consoleConsume(link.topic)).toHaveLength(partitions.length);
  },
  testTimeoutMs,
);

test(
  'answers one after the other are no fight between two mirrors, however many',
  async () => {
    const link = await createLink(clusters, { partitions: 1, env: { PENSTOCK_MIRROR_SHARDS: '1' } });
    await using session = await openTransactionSession(clusters.sourceCluster, {
      transactionalId: uniqueName('writer'),
    });
    const refused = 7;
    const written = Array.from({ length: 2 * refused + 1 }, (_, at) => ({
      key: at % 2 === 0 ? Buffer.from(`key ${at}`) : null,
      value: Buffer.from(`value ${at}`),
      timestampMs: Date.now(),
    }));
    session.append(link.topic, 0, encodeBatch(written));
    await session.commit();
    for (const side of [clusters.source, clusters.target]) {
      await changeConfigs(side, link.topic, { 'cleanup.policy': 'compact' });
    }
    const mirror = startMirrorProcess(link.env);
    const name = `${link.topic}-0`;
    for (let from = 1; from < written.length; from += 2) {
      await eventually(`${name} is paused at ${from}`, async () => {
        if (mirror.process.exit) throw new Error(`the mirror has ended\n${mirror.log()}`);
        const state = (await partitionStates(mirror)).get(name);
        return state?.pause?.from === String(from) && state.position === String(from) ? true : undefined;
      });
      const { exitCode } = await mirrorCommand(['resume', '--partition', name, '--skip-gap'], link.env);
      expect(exitCode).toBe(0);
    }
    await copiedUpToNow(mirror, clusters.sourceCluster, link.topic, [0]);
    expect(await mirror.stop()).toBe(0);
    expect(await clusters.target.consoleConsume(link.topic)).toHaveLength(refused + 1);
  },
  testTimeoutMs,
);
