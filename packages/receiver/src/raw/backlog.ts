/**
 * What Kafka has been given and not answered, by partition, and how long one more record would wait behind
 * it. Without it everything queues under overload until the delivery deadline: the clients give up, what they
 * were refused is stored all the same, and their retries double the load. Times are those of
 * `performance.now()`.
 */
export class Backlog {
  readonly #waitMaxMs: number;
  readonly #partitions: PartitionBacklog[];
  readonly #rate = new DrainRate();
  #units = 0;
  #looked = { at: -Infinity, unitsStuck: 0, allStuck: false, oldestMs: 0 };

  constructor(partitionCount: number, waitMaxMs: number) {
    this.#waitMaxMs = waitMaxMs;
    this.#partitions = Array.from({ length: partitionCount }, () => new PartitionBacklog());
  }

  added(partition: number, bytes: number, now: number): void {
    if (this.#units === 0) this.#rate.begins(now);
    this.#units += unitsOf(1, bytes);
    this.#partitions[partition]?.add(unitsOf(1, bytes), now);
  }

  /** In the order in which they were added. `written`: Kafka took them, so they tell how fast it is. */
  settled(partition: number, count: number, bytes: number, outcome: Outcome, now: number): void {
    const units = unitsOf(count, bytes);
    this.#units -= units;
    this.#partitions[partition]?.settle(count, units, outcome, now);
    if (outcome === 'written') this.#rate.drained(units, now);
  }

  /** Whether a record of this partition would wait too long: its oldest one already has. */
  partitionIsOverloaded(partition: number, now: number): boolean {
    return (this.#partitions[partition]?.oldestMs(now) ?? 0) > this.#waitMaxMs;
  }

  /**
   * Whether a record of whatever partition would wait too long. Partitions that are stuck refuse only their
   * own.
   */
  isOverloaded(now: number): boolean {
    const { allStuck, oldestMs } = this.#look(now);
    if (allStuck) return true;
    // A burst after quiet times looks long by the rate of the quiet times: some record must have waited, too.
    return oldestMs > this.#waitMaxMs / 8 && this.expectedWaitMs(now) > this.#waitMaxMs * refusedFrom;
  }

  /** Ms that one more record would wait, by how fast Kafka took the last ones. */
  expectedWaitMs(now: number): number {
    const waiting = this.#units - this.#look(now).unitsStuck;
    return waiting <= 0 || this.#rate.unitsPerMs === 0 ? 0 : waiting / this.#rate.unitsPerMs;
  }

  /**
   * Why no requests should come: most partitions that were written to lately take nothing. The metadata does
   * not show it when the controllers have lost their majority, too: then no replica ever leaves the in-sync
   * set.
   */
  notReady(now: number): string | undefined {
    const lately = this.#partitions.map((partition) => partition.lately(now, this.#waitMaxMs));
    const failing = lately.filter((state) => state === 'failing').length;
    const written = lately.filter((state) => state === 'written').length;
    if (failing <= written) return undefined;
    return `writes to ${failing} of ${failing + written} partitions fail`;
  }

  #look(now: number): { unitsStuck: number; allStuck: boolean; oldestMs: number } {
    if (now - this.#looked.at < lookMs) return this.#looked;
    const looked = { at: now, unitsStuck: 0, allStuck: true, oldestMs: 0 };
    for (const partition of this.#partitions) {
      if (partition.stuckMs(now) > this.#waitMaxMs) looked.unitsStuck += partition.units;
      else {
        looked.allStuck = false;
        looked.oldestMs = Math.max(looked.oldestMs, partition.oldestMs(now));
      }
    }
    return (this.#looked = looked);
  }
}

/** `unfit`: refused for what it is, which says nothing about the next one. */
export type Outcome = 'written' | 'failed' | 'unfit';

/** All partitions are looked at once in so long, not for each request. */
const lookMs = 25;
/**
 * Of the limit: most of what is refused is then refused before its body is read, and not at its partition.
 */
const refusedFrom = 0.8;
/** What a record costs Kafka beside its bytes. */
const recordBytes = 2048;
const unitsOf = (count: number, bytes: number): number => bytes + count * recordBytes;

/** What one record of so many bytes costs, in bytes. */
export function recordUnits(bytes: number): number {
  return unitsOf(1, bytes);
}

/** One partition: what waits, in order, to within a few ms. */
class PartitionBacklog {
  units = 0;
  readonly #groups: { at: number; count: number }[] = [];
  #progressAt = 0;
  #writtenAt = -Infinity;
  #failedAt = -Infinity;

  /** Whether its last write succeeded, if that was a moment ago. */
  lately(now: number, stuckMaxMs: number): 'written' | 'failing' | undefined {
    if (this.stuckMs(now) > stuckMaxMs) return 'failing';
    const last = Math.max(this.#writtenAt, this.#failedAt);
    if (now - last > evidenceMs) return undefined;
    return this.#failedAt > this.#writtenAt ? 'failing' : 'written';
  }

  add(units: number, now: number): void {
    if (this.#groups.length === 0) this.#progressAt = now;
    this.units += units;
    const last = this.#groups.at(-1);
    if (last && now - last.at < groupMs) last.count += 1;
    else this.#groups.push({ at: now, count: 1 });
  }

  settle(count: number, units: number, outcome: Outcome, now: number): void {
    this.units -= units;
    if (outcome === 'written') this.#progressAt = this.#writtenAt = now;
    if (outcome === 'failed') this.#failedAt = now;
    let left = count;
    while (left > 0 && this.#groups.length > 0) {
      const [first] = this.#groups;
      const settled = Math.min(left, first!.count);
      first!.count -= settled;
      left -= settled;
      if (first!.count === 0) this.#groups.shift();
    }
  }

  oldestMs(now: number): number {
    const [first] = this.#groups;
    return first ? now - first.at : 0;
  }

  /** How long something has waited while Kafka took nothing. */
  stuckMs(now: number): number {
    return this.#groups.length === 0 ? 0 : now - this.#progressAt;
  }
}

const groupMs = 10;
/** So long a failed write tells that the next one would fail: who gets no requests has no newer evidence. */
const evidenceMs = 10_000;

/** How fast Kafka takes what waits: over the time in which something waited. */
class DrainRate {
  unitsPerMs = 0;
  #lastAt = 0;
  #units = 0;
  #ms = 0;

  begins(now: number): void {
    this.#lastAt = now;
  }

  drained(units: number, now: number): void {
    this.#units += units;
    // A stall says nothing about the speed after it.
    this.#ms += Math.min(now - this.#lastAt, stallMs);
    this.#lastAt = now;
    if (this.#ms < sampleMs) return;
    const sample = this.#units / this.#ms;
    this.unitsPerMs = this.unitsPerMs === 0 ? sample : this.unitsPerMs * 0.7 + sample * 0.3;
    this.#units = 0;
    this.#ms = 0;
  }
}

const sampleMs = 100;
const stallMs = 500;
