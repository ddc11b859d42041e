import { encodeBatch, openTransactionSession } from '@penstock/kafka';
import { sharedKafka, uniqueName } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { partitionReports } from '../src/commands/status.ts';
import { filterTopics } from '../src/topics.ts';
import { createFilterTopics } from './filter-process.ts';
import { leaveHistory } from './seen-history.ts';
import { clientOf, read } from './topic-io.ts';

test('a partition that cannot be looked at in time is a row of its own; the others are told', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 7 });
  const cluster = await clientOf(kafka);
  await leaveHistory(cluster, topics, 6, [{ commitAgoMs: 1_000, ids: 10 }]);
  // A marker that does not come: what is below the end of seen cannot be read.
  await using owner = await openTransactionSession(cluster, {
    transactionalId: uniqueName('owner'),
    transactionTimeoutMs: 600_000,
  });
  owner.append(
    topics.seen,
    0,
    encodeBatch([{ key: null, value: Buffer.from('open'), timestampMs: Date.now() }]),
  );
  const inLog = async () => (await read(cluster, topics.seen, 0, 'read_uncommitted')).length;
  await expect.poll(inLog).toBe(1);

  const tools = {
    ...{ cluster, id: topics.raw, member: null, windowMs: 600_000 },
    topics: filterTopics(topics, {}),
  };
  const reports = await partitionReports(tools, 20_000);
  expect(reports).toMatchObject([
    { partition: 0, state: 'unknown', detail: expect.stringContaining('could not be looked at in 20 s') },
    ...[1, 2, 3, 4, 5].map((partition) => ({ partition, state: 'never started' })),
    { partition: 6, state: 'fine', committed: 0n },
  ]);
  await owner.abort();
});
