import type { Fetcher, PartitionMarks } from '@penstock/kafka';
import type { OwnedPartition } from '../partition/owned-partition.ts';

/** Handed out at a time. */
const fetchBytesMax = 1024 * 1024;
/** A partition that has so much waiting is given no more, so that it leaves room for the others. */
const backlogBytesMax = 512 * 1024;

/** What is fetched of raw, and who gets it. */
export class RawFeed {
  readonly #fetcher: Fetcher;
  readonly #topic: string;
  /** Partitions that have enough to do. */
  readonly #held = new Set<number>();

  constructor(fetcher: Fetcher, topic: string) {
    this.#fetcher = fetcher;
    this.#topic = topic;
  }

  /** Fetches from the partition's position on. What it was given before is forgotten. */
  start(owned: OwnedPartition): void {
    const { partition, position: offset, leaderEpoch: lastFetchedEpoch, topicId } = owned;
    owned.forgetFetched();
    this.#held.delete(partition);
    this.#fetcher.assign(this.#topic, partition, { offset, lastFetchedEpoch, topicId });
  }

  /** Nothing more of it is handed out. */
  stop(partition: number): void {
    this.#held.delete(partition);
    this.#fetcher.unassign(this.#topic, partition);
  }

  /**
   * Gives the partitions what has arrived.
   * @param maxWaitMs how long to wait for it at most.
   * @param ownedOf undefined for a partition that is no longer owned here.
   * @returns how many bytes of raw were handed out.
   */
  async next(
    maxWaitMs: number,
    signal: AbortSignal,
    ownedOf: (partition: number) => OwnedPartition | undefined,
  ): Promise<number> {
    let bytes = 0;
    for (const fetched of await this.#fetcher.next({ maxWaitMs, signal, bytesMax: fetchBytesMax })) {
      const owned = ownedOf(fetched.partition);
      if (owned === undefined) continue;
      owned.backlog.add(fetched);
      bytes += fetched.bytes;
      if (owned.backlog.bytes >= backlogBytesMax) this.#hold(owned.partition);
    }
    return bytes;
  }

  /** The partition has worked: perhaps it wants more. */
  hasWorked({ partition, backlog }: OwnedPartition): void {
    if (backlog.bytes >= backlogBytesMax / 2 || !this.#held.delete(partition)) return;
    this.#fetcher.resume(this.#topic, partition);
  }

  /** What is known of the ends of a partition. */
  readonly marks = (partition: number): PartitionMarks | undefined =>
    this.#fetcher.marks(this.#topic, partition);

  #hold(partition: number): void {
    this.#held.add(partition);
    this.#fetcher.pause(this.#topic, partition);
  }
}
