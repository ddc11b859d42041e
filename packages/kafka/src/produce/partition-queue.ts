/** One encoded batch on its way to one partition. */
export interface SendableBatch {
  /**
   * Its bytes in order. The first part holds the whole header. They are written to the socket one by one, not
   * joined.
   */
  parts: readonly Buffer[];
  /**
   * The length of all parts. 0: the batch is still being compressed, and the batches after it wait for it.
   */
  byteCount: number;
  count: number;
  /** Its number in its queue, given by `PartitionQueue.push`. */
  order: number;
  /** The base sequence that it is stamped with; -1 until it is first sent. A resend has the same bytes. */
  sequence: number;
  /** It was sent at least once without a definite answer: it may be in the log. */
  maybeStored: boolean;
}

/**
 * A broker remembers five batches of a producer and partition (ProducerStateEntry). With more in flight
 * it could not recognise a resend.
 */
export const inFlightMax = 5;

/**
 * The batches of one partition, in order. A batch is `waiting` (to be sent), `inFlight` (unanswered) or
 * `failed` (answered with an error that a resend mends). While a batch is in `failed`, nothing is sent: the
 * broker will refuse what is in flight after it too, and then all of them go again in the same order.
 */
export class PartitionQueue<B extends SendableBatch> {
  readonly topic: string;
  readonly partition: number;
  readonly waiting: B[] = [];
  readonly inFlight: B[] = [];
  readonly failed: B[] = [];
  /**
   * A batch that still grows has waited long enough. It is closed and sent when no other batch waits before
   * it.
   */
  due = false;
  /** Failed tries since the last success. */
  tries = 0;
  /** Nothing is sent before this moment. */
  sendAgainAt = 0;
  /** Since when it has taken nothing, or had no leader; undefined: it takes what it is sent. */
  firstFailureAt: number | undefined;
  #nextOrder = 0;

  constructor(topic: string, partition: number) {
    this.topic = topic;
    this.partition = partition;
  }

  /** How many of its batches may be unanswered at a time. */
  get inFlightMax(): number {
    return inFlightMax;
  }

  /** Whether it holds no batch. */
  get idle(): boolean {
    return this.waiting.length + this.inFlight.length + this.failed.length === 0;
  }

  get sendable(): boolean {
    if (this.failed.length > 0 || this.inFlight.length >= this.inFlightMax) return false;
    const next = this.waiting[0];
    return next ? next.byteCount > 0 : this.due;
  }

  /** Sets `batch.order`. The bytes belong to the sender until the batch is settled. */
  push(batch: B): void {
    batch.order = this.#nextOrder++;
    this.waiting.push(batch);
  }

  /**
   * Whether no older batch is unsettled, so that a refusal of this one is not the consequence of another's.
   */
  isOldest(batch: B): boolean {
    const older = (other: B): boolean => other.order < batch.order;
    return !this.failed.some(older) && !this.inFlight.some(older);
  }

  /**
   * Once nothing is in flight, the failed batches go back to the head, in order. They may have failed out of
   * order: when the leader moves, the new one may refuse the second batch before the connection to the old
   * one is known to be dead.
   */
  requeueFailed(): void {
    if (this.inFlight.length > 0 || this.failed.length === 0) return;
    this.waiting.unshift(...this.failed.splice(0).toSorted((a, b) => a.order - b.order));
  }
}
