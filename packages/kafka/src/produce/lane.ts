/** One encoded batch on its way to one partition. */
export interface SendableBatch {
  /** Its bytes in order; the first part holds the whole header. Written to the socket without being joined. */
  parts: readonly Buffer[];
  /** Of all parts. 0: they are still in the making, and what is behind this batch waits for it. */
  byteCount: number;
  count: number;
  /** Place in its lane, given by `Lane.push`. */
  order: number;
  /** Base sequence it is stamped with; -1 until it is first sent. A resend is the same bytes. */
  sequence: number;
  /** Some send of it got no definite answer: it may be in the log. */
  maybeStored: boolean;
}

/**
 * The order of one partition. A batch is in `queue` (to be sent), in `inFlight` (unanswered), or in `failed` (answered
 * with an error that a resend mends). Nothing is sent while something has failed: what is in flight behind it will be
 * refused too, and then all of it goes again in the same order.
 */
export class Lane<B extends SendableBatch> {
  readonly topic: string;
  readonly partition: number;
  readonly queue: B[] = [];
  readonly inFlight: B[] = [];
  readonly failed: B[] = [];
  /** Something still grows that has waited long enough: it is closed and sent when the queue has nothing before it. */
  due = false;
  /** How many batches may be in flight: 1 until the broker knows the producer, see BatchProducer. */
  inFlightMax: number;
  nextOrder = 0;
  tries = 0;
  notBefore = 0;
  /** Since when it takes nothing, or has no leader, ms; 0: it takes what it is sent. */
  failingSince = 0;

  constructor(topic: string, partition: number, inFlightMax: number) {
    this.topic = topic;
    this.partition = partition;
    this.inFlightMax = inFlightMax;
  }

  get idle(): boolean {
    return this.queue.length + this.inFlight.length + this.failed.length === 0;
  }

  get sendable(): boolean {
    if (this.failed.length > 0 || this.inFlight.length >= this.inFlightMax) return false;
    const next = this.queue[0];
    return next ? next.byteCount > 0 : this.due;
  }

  /** Sets `batch.order`. The bytes are the sender's until the batch is settled. */
  push(batch: B): void {
    batch.order = this.nextOrder++;
    this.queue.push(batch);
  }

  /** Whether nothing older than `batch` is unsettled, so that its refusal is not the consequence of another's. */
  isOldest(batch: B): boolean {
    const older = (other: B): boolean => other.order < batch.order;
    return !this.failed.some(older) && !this.inFlight.some(older);
  }

  /**
   * Batches that wait for their turn again go back to the head once nothing is in flight. In order: when the leader
   * moves, the refusal of the second may come from the new one before the old one's connection is known to be dead.
   */
  requeueFailed(): void {
    if (this.inFlight.length > 0 || this.failed.length === 0) return;
    this.queue.unshift(...this.failed.splice(0).toSorted((a, b) => a.order - b.order));
  }
}
