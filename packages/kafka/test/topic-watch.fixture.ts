import { setTimeout as sleep } from 'node:timers/promises';
import { readRecords, startFetcher } from '../src/index.ts';
import type { Cluster, Fetcher } from '../src/index.ts';

/**
 * Reads a topic under read_committed from its start until it is disposed of, and knows the longest silence.
 */
export class TopicWatch implements AsyncDisposable {
  readonly topic: string;
  /** Values by partition, in the order in which they were read. */
  readonly values: string[][];
  readonly problems: string[] = [];
  readonly #fetcher: Fetcher;
  readonly #lastMs: number[];
  readonly #closing = new AbortController();
  readonly #reading: Promise<void>;
  #longestStallMs = 0;

  constructor(cluster: Cluster, topic: string, partitions: number) {
    this.topic = topic;
    this.values = Array.from({ length: partitions }, () => []);
    this.#lastMs = Array.from({ length: partitions }, () => performance.now());
    this.#fetcher = startFetcher(cluster, { isolation: 'read_committed' });
    for (let partition = 0; partition < partitions; partition++)
      this.#fetcher.assign(topic, partition, { offset: 0n, lastFetchedEpoch: -1 });
    this.#reading = this.#read().catch((error: unknown) => void this.problems.push(String(error)));
  }

  /** The longest silence of a partition since the last call, ms. */
  takeLongestStallMs(): number {
    const now = performance.now();
    const longest = Math.max(this.#longestStallMs, ...this.#lastMs.map((lastMs) => now - lastMs));
    this.#longestStallMs = 0;
    this.#lastMs.fill(now);
    return longest;
  }

  /** Resolves when every partition has brought a record after this call. */
  async flowing(withinMs = 40_000): Promise<void> {
    const marks = this.values.map(({ length }) => length);
    const flows = (): boolean =>
      this.values.every(({ length }, partition) => length > (marks[partition] ?? 0));
    await this.#until(flows, withinMs, `${this.topic}: a partition brings nothing`);
  }

  /** Resolves when each partition has brought this many records. */
  async complete(counts: readonly number[], withinMs = 40_000): Promise<void> {
    const isComplete = (): boolean =>
      this.values.every(({ length }, partition) => length >= (counts[partition] ?? 0));
    await this.#until(isComplete, withinMs, `${this.topic}: records are missing`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#reading;
    this.#fetcher[Symbol.dispose]();
  }

  async #until(holds: () => boolean, withinMs: number, what: string): Promise<void> {
    const until = performance.now() + withinMs;
    while (!holds()) {
      if (performance.now() > until) throw new Error(`${what} for ${withinMs} ms ${this.problems.join(' ')}`);
      await sleep(10);
    }
  }

  async #read(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      for (const { partition, batches, problem } of await this.#fetcher.next({ signal })) {
        if (problem) this.problems.push(`${problem.kind}: ${problem.detail}`);
        const values = this.values[partition]!;
        const before = values.length;
        for (const batch of batches) for (const { value } of readRecords(batch)) values.push(String(value));
        if (values.length > before) this.#note(partition);
      }
    }
  }

  #note(partition: number): void {
    const now = performance.now();
    this.#longestStallMs = Math.max(this.#longestStallMs, now - (this.#lastMs[partition] ?? now));
    this.#lastMs[partition] = now;
  }
}
