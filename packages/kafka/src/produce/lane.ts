/** One encoded batch on its way to one partition. */
export interface SendableBatch {
  bytes: Buffer;
  count: number;
  /** Place in its lane, given by `Sender.add`. */
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
    return this.queue.length > 0 && this.failed.length === 0 && this.inFlight.length < this.inFlightMax;
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
