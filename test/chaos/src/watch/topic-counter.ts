import { type Cluster, KafkaError, listOffsets, startFetcher } from '@penstock/kafka';
import { setTimeout as sleep } from 'node:timers/promises';

const beginAgainMs = 1_000;

/** Counts the records of a topic as a read_committed reader gets them, while brokers come and go. */
export class TopicCounter implements AsyncDisposable {
  records = 0;
  readonly #cluster: Cluster;
  readonly #topic: string;
  readonly #closing = new AbortController();
  readonly #positions = new Map<number, { offset: bigint; lastFetchedEpoch: number }>();
  #running: Promise<void> | undefined;

  constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster;
    this.#topic = topic;
  }

  /** Begins at the start of the topic; settles when it is known. */
  async start(): Promise<void> {
    const { partitions } = await this.#cluster.topic(this.#topic);
    const numbers = [...partitions.keys()];
    const starts = await listOffsets(this.#cluster, this.#topic, numbers, 'earliest', 'read_committed');
    for (const [partition, { offset }] of starts) {
      this.#positions.set(partition, { offset, lastFetchedEpoch: -1 });
    }
    this.#running = this.#count();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  /** A fetcher that fails is replaced: this one only watches, and what it misses it sees later. */
  async #count(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await using fetcher = startFetcher(this.#cluster, { isolation: 'read_committed' });
      for (const [partition, at] of this.#positions) fetcher.assign(this.#topic, partition, at);
      try {
        while (!signal.aborted) {
          for (using fetched of await fetcher.next({ signal })) {
            if (fetched.problem) throw new KafkaError('UNKNOWN_SERVER_ERROR', fetched.problem.detail);
            for (const { count } of fetched.batches) this.records += count;
            const { nextOffset: offset, lastEpoch: lastFetchedEpoch } = fetched;
            this.#positions.set(fetched.partition, { offset, lastFetchedEpoch });
          }
        }
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error;
        await sleep(beginAgainMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
