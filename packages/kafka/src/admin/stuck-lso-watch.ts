import type { Cluster } from '../cluster/cluster.ts';
import { partitionKey } from '../positions/topic-partition.ts';
import type { TopicPartition } from '../positions/topic-partition.ts';
import { stuckTransactions } from './stuck-transactions.ts';

/** What a reader knows of a partition: records between the two offsets are in the log and not visible. */
export interface StableMark extends TopicPartition {
  lastStableOffset: bigint;
  highWatermark: bigint;
}

/** The default of transaction.max.timeout.ms is 15 minutes, but every transaction of this project ends within seconds. */
const suspiciousMs = 60_000;
const lookEveryMs = 10_000;

/** Looks every 10 s whether a last stable offset stands still for a transaction that nobody will end. Dispose it to stop. */
export function watchStuckLso(cluster: Cluster, marks: () => Iterable<StableMark>): StuckLsoWatch {
  return new StuckLsoWatch(cluster, marks);
}

/**
 * Asks brokers only about partitions whose last stable offset has been behind and the same for a minute. What it finds is logged once
 * as an error, counted until it is gone, and never mended: which marker is missing is for an operator to find out
 * (docs/runbooks/stuck-lso.md).
 */
export class StuckLsoWatch implements Disposable {
  readonly #cluster: Cluster;
  readonly #marks: () => Iterable<StableMark>;
  readonly #timer: NodeJS.Timeout;
  #told = new Set<string>();
  /** Since when each partition's last stable offset has been what it is while it is behind. */
  #behind = new Map<string, { offset: bigint; sinceMs: number; partition: TopicPartition }>();
  #count = 0;
  #looking = false;

  constructor(cluster: Cluster, marks: () => Iterable<StableMark>) {
    this.#cluster = cluster;
    this.#marks = marks;
    this.#timer = setInterval(() => void this.#look(), lookEveryMs).unref();
  }

  /** Transactions found stuck, at the last look. */
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
      const suspects = this.#suspects(Date.now());
      const stuck =
        suspects.length === 0
          ? []
          : await stuckTransactions(this.#cluster, suspects, { quietMs: suspiciousMs });
      this.#count = stuck.length;
      const before = this.#told;
      this.#told = new Set();
      for (const { topic, partition, producerId, producerEpoch, openSince, transactionalId, why } of stuck) {
        const key = `${topic}-${partition} ${producerId} ${producerEpoch} ${openSince}`;
        this.#told.add(key);
        if (before.has(key)) continue;
        this.#cluster.log.error(
          {
            topic,
            partition,
            producerId: String(producerId),
            producerEpoch,
            openSince: String(openSince),
            transactionalId,
            why,
          },
          'A transaction was never ended here: nothing behind it becomes visible. See docs/runbooks/stuck-lso.md',
        );
      }
    } catch (error) {
      this.#cluster.log.warn({ error }, 'Whether a transaction is stuck could not be asked; tried again');
    } finally {
      this.#looking = false;
    }
  }

  #suspects(nowMs: number): TopicPartition[] {
    const before = this.#behind;
    this.#behind = new Map();
    for (const { topic, partition, lastStableOffset, highWatermark } of this.#marks()) {
      if (lastStableOffset < 0n || lastStableOffset >= highWatermark) continue;
      const key = partitionKey(topic, partition);
      const known = before.get(key);
      const sinceMs = known?.offset === lastStableOffset ? known.sinceMs : nowMs;
      this.#behind.set(key, { offset: lastStableOffset, sinceMs, partition: { topic, partition } });
    }
    const standing = [...this.#behind.values()].filter(({ sinceMs }) => nowMs - sinceMs >= suspiciousMs);
    return standing.map(({ partition }) => partition);
  }
}
