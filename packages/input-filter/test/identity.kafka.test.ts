import { sharedKafka } from '@penstock/test-broker';
import { expect, test } from 'vitest';
import { createFilterTopics, FilterProcess } from './filter-process.ts';
import { numbersIn, range, sequence } from './numbered-events.ts';
import { clientOf, write } from './topic-io.ts';

test('a filter that was paused beyond its session commits nothing twice when it wakes', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka, { partitions: 2 });
  const cluster = await clientOf(kafka);
  const env = { PENSTOCK_FILTER_COMMIT_INTERVAL_MS: '1000' };
  const sleeper = await FilterProcess.start(kafka, topics, { ...env, PENSTOCK_FILTER_INSTANCE: 'sleeper' });
  await sleeper.until(
    async () => (await sleeper.partitions()).every(({ state }) => state === 'running'),
    'runs',
  );
  for (const partition of [0, 1]) await write(cluster, topics.raw, sequence(0, 300), partition);
  process.kill(sleeper.pid, 'SIGSTOP'); // in the middle of a transaction
  const heir = await FilterProcess.start(kafka, topics, { ...env, PENSTOCK_FILTER_INSTANCE: 'heir' });
  for (const partition of [0, 1]) await write(cluster, topics.raw, sequence(300, 400), partition);
  await heir.untilCommitted(800n);
  process.kill(sleeper.pid, 'SIGCONT');
  await sleeper.until(
    () => /"code":"(UNKNOWN_MEMBER_ID|FENCED_MEMBER_EPOCH)"/.test(sleeper.output),
    'is told',
  );
  for (const partition of [0, 1]) await write(cluster, topics.raw, sequence(400, 500), partition);
  const committed = async () => {
    const all = [...(await sleeper.partitions()), ...(await heir.partitions())];
    return all.reduce((sum, partition) => sum + Number(partition.committed ?? 0), 0);
  };
  await heir.until(async () => (await committed()) === 1_000, 'both together have everything');
  for (const partition of [0, 1])
    expect(await numbersIn(cluster, topics.clean, partition)).toEqual(range(0, 500));
});

test('two processes that share an instance name are told so, and lose and double nothing', async () => {
  const kafka = await sharedKafka();
  const topics = await createFilterTopics(kafka);
  const cluster = await clientOf(kafka);
  const one = await FilterProcess.start(kafka, topics);
  const other = await FilterProcess.start(kafka, topics);
  let written = 0;
  while (!one.ended && !other.ended) {
    await write(cluster, topics.raw, sequence(written, (written += 5)));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const [loser, winner] = one.ended ? [one, other] : [other, one];
  expect(await loser.exit()).toBe(1);
  expect(loser.output).toContain('same PENSTOCK_FILTER_INSTANCE');
  const has = async () =>
    (winner.ended ? 'ended' : (await winner.partitions())[0]?.committed) === String(written);
  await winner.until(has, 'the other one goes on');
  expect(await numbersIn(cluster, topics.clean)).toEqual(range(0, written));
});
