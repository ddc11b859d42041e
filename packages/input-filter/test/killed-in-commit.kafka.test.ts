import { committedOffsets, openTransactionSession, type Cluster } from '@penstock/kafka';
import { givenBootstrap, startKafka } from '@penstock/test-broker';
import { holdAt, startProxiedKafka, type KillPoint } from '@penstock/test-faults';
import { expect, test } from 'vitest';
import { keyBytes } from '../src/dedup/dedup-window.ts';
import { decodeSeen } from '../src/dedup/seen-record.ts';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { clientOf, read, write } from './topic-io.ts';

const points: readonly KillPoint[] = [
  'the outputs are written, the positions are not',
  'the positions are written, and their sender does not know',
  'everything is written, the end is not decided',
  'the end is decided, and its sender does not know',
];
const perRound = 5;

async function positionOf(cluster: Cluster, raw: string): Promise<number> {
  const partitions = [{ topic: raw, partition: 0 }];
  const found = await committedOffsets(cluster, {
    ...{ groupId: raw, memberId: null, memberEpoch: -1, partitions },
  });
  return Number(found.get(`${raw}-0`)?.offset);
}

async function idsIn(cluster: Cluster, seen: string): Promise<number> {
  const records = await read(cluster, seen);
  return records.reduce((sum, { value }) => sum + decodeSeen(value!)!.keys.length / keyBytes, 0);
}

// Each record of raw is one event here, so the position says which events must be in clean. A filter that
// goes on after the kill proves nothing: it drops as duplicates what a lost position makes it filter again.
test.skipIf(givenBootstrap() !== undefined)(
  'killed at any step of a commit, its outputs are there exactly up to its position',
  async () => {
    await using proxied = await startProxiedKafka(startKafka, { name: 'filter-killed' });
    const { kafka, proxies } = proxied;
    const topics = await createFilterTopics(kafka);
    const cluster = await clientOf(kafka);
    let written = 0;
    const feed = () => write(cluster, topics.raw, sequence(written, (written += perRound)));
    for (const point of points) {
      const filter = await FilterProcess.start(kafka, topics);
      await feed();
      await filter.untilCommitted(BigInt(written));
      const before = written;
      const { struck } = holdAt(proxies, point);
      await feed();
      await struck;
      await filter.kill();
      for (const proxy of proxies) await proxy.pass();
      // What it left open is aborted at once, as by its next owner. It filters nothing.
      const heir = await openTransactionSession(cluster, {
        transactionalId: `${topics.raw}-test-0`,
        transactionTimeoutMs: 60_000,
      });
      await heir[Symbol.asyncDispose]();
      const position = await positionOf(cluster, topics.raw);
      expect(await numbersIn(cluster, topics.clean), point).toEqual(range(0, position));
      expect(await idsIn(cluster, topics.seen), point).toBe(position);
      // Otherwise it was not killed where it was meant to be.
      expect(position > before, point).toBe(point.startsWith('the end is decided'));
    }
  },
);
