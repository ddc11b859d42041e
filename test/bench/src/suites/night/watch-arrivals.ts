import { describeTopics, openCluster, readRecords, startFetcher } from '@penstock/kafka';
import type { TestKafka } from '@penstock/test-broker';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a read_committed reader of the master sees, by the numbers in the records' keys. */
export interface Arrivals extends AsyncDisposable {
  readonly total: number;
  readonly duplicates: number;
  /** Moments by performance.now(): of the last record, and of the last one that came for the first time. */
  readonly lastAt: number;
  readonly lastNewAt: number;
  missingOf(numbers: ReadonlySet<number>): number;
  /** Records for each second from a moment on, and the longest time without any until another moment, s. */
  by(startedAt: number, until: number): { firstTimes: number[]; repeats: number[]; longestSilence: number };
}

export function watchArrivals(kafka: TestKafka, topic: string, partitions: number): Arrivals {
  const seen = new Map<number, number>();
  const arrived: { at: number; fresh: number; repeated: number }[] = [];
  const ending = new AbortController();
  const take = (numbers: readonly number[]): void => {
    let fresh = 0;
    for (const number of numbers) {
      const times = seen.get(number) ?? 0;
      seen.set(number, times + 1);
      if (times === 0) fresh += 1;
    }
    arrived.push({ at: performance.now(), fresh, repeated: numbers.length - fresh });
  };
  const reading = readUntilAborted(kafka, topic, partitions, take, ending.signal);
  // Its failure is for whoever ends it; until then nothing arrives any more, and the night says so.
  reading.catch(() => undefined);
  const sumOf = (kind: 'fresh' | 'repeated'): number => arrived.reduce((sum, each) => sum + each[kind], 0);
  return {
    get total() {
      return seen.size;
    },
    get duplicates() {
      return sumOf('repeated');
    },
    get lastAt() {
      return arrived.at(-1)?.at ?? -Infinity;
    },
    get lastNewAt() {
      return arrived.findLast(({ fresh }) => fresh > 0)?.at ?? -Infinity;
    },
    missingOf: (numbers) => [...numbers].filter((number) => !seen.has(number)).length,
    by(startedAt, until) {
      const later = arrived.filter(({ at }) => at >= startedAt);
      const seconds = Math.ceil(((later.at(-1)?.at ?? startedAt) - startedAt) / 1_000) + 1;
      const [firstTimes, repeats] = [Array(seconds).fill(0), Array(seconds).fill(0)] as [number[], number[]];
      let longestMs = 0;
      let before = startedAt;
      for (const { at, fresh, repeated } of later) {
        const second = Math.floor((at - startedAt) / 1_000);
        firstTimes[second] = (firstTimes[second] ?? 0) + fresh;
        repeats[second] = (repeats[second] ?? 0) + repeated;
        longestMs = Math.max(longestMs, Math.min(at, until) - before);
        before = at;
      }
      longestMs = Math.max(longestMs, until - before);
      return { firstTimes, repeats, longestSilence: longestMs / 1_000 };
    },
    async [Symbol.asyncDispose]() {
      ending.abort();
      await reading;
    },
  };
}

async function readUntilAborted(
  kafka: TestKafka,
  topic: string,
  partitions: number,
  take: (numbers: readonly number[]) => void,
  signal: AbortSignal,
): Promise<void> {
  await using cluster = await openCluster({ bootstrap: kafka.bootstrap, clientId: 'bench-night-reader' });
  while (!signal.aborted && (await describeTopics(cluster, [topic])).size === 0) await sleep(100);
  using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
  for (let partition = 0; partition < partitions; partition += 1) {
    fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
  }
  while (!signal.aborted) {
    const numbers: number[] = [];
    for (using fetched of await fetcher.next({ maxWaitMs: 100 })) {
      if (fetched.problem) throw new Error(`partition ${fetched.partition}: ${fetched.problem.kind}`);
      for (const batch of fetched.batches) {
        for (const { key } of readRecords(batch)) if (key !== null) numbers.push(key.readUInt32BE(0));
      }
    }
    if (numbers.length > 0) take(numbers);
  }
}
