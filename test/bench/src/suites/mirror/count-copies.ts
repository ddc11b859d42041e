import { describeTopics, openCluster, startFetcher } from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';

/** A mirror that shows nothing new for so long is not waited for: 1000 partitions take a while to begin. */
const silenceMaxMs = 180_000;

/**
 * Counts what a read_committed reader of the target sees, as it comes: batches are counted, not decoded.
 * `onCount` hears of each step, `say` of each fifth. Settles when there are `records`, and rejects after
 * `timeoutMs`, after a silence, when `failure` answers something, or when more than `records` have come.
 */
export async function countCopies(o: {
  kafka: TestKafka;
  topic: string;
  partitions: number;
  records: number;
  timeoutMs: number;
  onCount: (records: number) => void;
  failure: () => string | undefined;
  say: (line: string) => void;
}): Promise<void> {
  const { topic, partitions, records } = o;
  await using cluster = await openCluster({ bootstrap: o.kafka.bootstrap, clientId: 'bench-count' });
  const until = performance.now() + o.timeoutMs;
  let silentSince = performance.now();
  const check = (count: number): void => {
    const failure = o.failure();
    if (failure !== undefined) throw new Error(failure);
    if (performance.now() > silentSince + silenceMaxMs) {
      throw new Error(`nothing came for ${silenceMaxMs / 1_000} s after ${count} of ${records} records`);
    }
    if (performance.now() > until) {
      throw new Error(`${count} of ${records} records were copied within ${o.timeoutMs / 1_000} s`);
    }
  };
  while ((await describeTopics(cluster, [topic])).size === 0) {
    check(0);
    await sleep(20);
  }
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  for (let partition = 0; partition < partitions; partition += 1) {
    fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  }
  let count = 0;
  const fifth = (): number => Math.floor((5 * count) / records);
  while (count < records) {
    const before = fifth();
    let more = 0;
    for (using fetched of await fetcher.next({ maxWaitMs: 200 })) {
      if (fetched.problem)
        throw new Error(`the target's partition ${fetched.partition}: ${fetched.problem.kind}`);
      for (const batch of fetched.batches) more += batch.count;
    }
    count += more;
    if (more > 0) {
      o.onCount(count);
      silentSince = performance.now();
      if (fifth() > before) o.say(`${count} of ${records} records`);
    }
    if (count < records) check(count);
  }
  if (count > records) throw new Error(`${count - records} records more than ${records} were copied`);
}
