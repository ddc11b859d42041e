import type { Cluster } from '../cluster/cluster.ts';
import { partitionName } from '../topic-partition.ts';
import type { TopicPartition } from '../topic-partition.ts';
import { stuckTransactions } from './stuck-transactions.ts';

/**
 * What a reader knows of a partition. The records between the two offsets are in the log, but not visible.
 */
export interface StableMark extends TopicPartition {
  lastStableOffset: bigint;
  highWatermark: bigint;
}

/**
 * transaction.max.timeout.ms is 15 minutes by default, but every transaction of this project ends within
 * seconds.
 */
const suspiciousMs = 60_000;
const lookEveryMs = 10_000;

/**
 * Checks every 10 s whether a last stable offset stands still because of a transaction that nobody will end.
 * Dispose it to stop.
 */
export function watchStuckLso(cluster: Cluster, marks: () => Iterable<StableMark>): StuckLsoWatch {
  return new StuckLsoWatch(cluster, marks);
}

/**
 * Asks brokers only about partitions whose last stable offset has hidden records, and stood, for a minute.
 * What it finds is logged once as an error, counted until it is gone, and never mended: an operator has to
 * find out which marker is missing (docs/runbooks/stuck-lso.md).
 */
export class StuckLsoWatch implements Disposable {
  readonly #cluster: Cluster;
  readonly #marks: () => Iterable<StableMark>;
  readonly #timer: NodeJS.Timeout;
  #logged = new Set<string>();
  /** The partitions with hidden records, and since when the last stable offset of each has stood. */
  #hidden = new Map<string, { offset: bigint; sinceAt: number; partition: TopicPartition }>();
  #count = 0;
  #looking = false;

  constructor(cluster: Cluster, marks: () => Iterable<StableMark>) {
    this.#cluster = cluster;
    this.#marks = marks;
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref();
  }

  /** How many stuck transactions the last check found. */
  get count(): number {
    return this.#count;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const suspects = this.#suspects(performance.now());
      const stuck =
        suspects.length === 0
          ? []
          : await stuckTransactions(this.#cluster, suspects, { quietMs: suspiciousMs });
      this.#count = stuck.length;
      const before = this.#logged;
      this.#logged = new Set();
      for (const {
        topic,
        partition,
        producerId,
        producerEpoch,
        firstOffset,
        transactionalId,
        why,
      } of stuck) {
        const key = `${partitionName(topic, partition)} ${producerId} ${producerEpoch} ${firstOffset}`;
        this.#logged.add(key);
        if (before.has(key)) continue;
        this.#cluster.log.error(
          {
            topic,
            partition,
            producerId: String(producerId),
            producerEpoch,
            openSince: String(firstOffset),
            transactionalId,
            why,
          },
          'a transaction was never ended here, and hides what follows it. See docs/runbooks/stuck-lso.md',
        );
      }
    } catch (error) {
      this.#cluster.log.warn({ error }, 'could not check for stuck transactions; will be tried again');
    } finally {
      this.#looking = false;
    }
  }

  #suspects(now: number): TopicPartition[] {
    const before = this.#hidden;
    this.#hidden = new Map();
    for (const { topic, partition, lastStableOffset, highWatermark } of this.#marks()) {
      if (lastStableOffset < 0n || lastStableOffset >= highWatermark) continue;
      const key = partitionName(topic, partition);
      const known = before.get(key);
      const sinceAt = known?.offset === lastStableOffset ? known.sinceAt : now;
      this.#hidden.set(key, { offset: lastStableOffset, sinceAt, partition: { topic, partition } });
    }
    const standing = [...this.#hidden.values()].filter(({ sinceAt }) => now - sinceAt >= suspiciousMs);
    return standing.map(({ partition }) => partition);
  }
}
