import type { EncodedBatch } from '../bytes/encode-batch.ts';
import { restamp } from '../bytes/restamp.ts';
import { sequenceAfter } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Codec } from '../compression/codec.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { KafkaError } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { fillBatch } from '../produce/fill-batch.ts';
import { PartitionQueue } from '../produce/partition-queue.ts';
import type { SendableBatch } from '../produce/partition-queue.ts';
import { Sender } from '../produce/sender.ts';
import type { BatchOutcome } from '../produce/sender.ts';
import { isSamePartition } from '../topic-partition.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { decideTransaction } from './decide-transaction.ts';
import type { TransactionRole } from './decide-transaction.ts';
import { TransactionError } from './errors.ts';
import type { Poison } from './errors.ts';
import type { MarkersWait } from './markers-wait.ts';
import { isStuck, stuckTogether } from './stuck-partitions.ts';
import { sendOffsets } from './transaction-offsets.ts';
import type { TransactionOffsets } from './transaction-offsets.ts';
import type { TransactionalId } from './transactional-id.ts';

/** A batch of a committed transaction, and where it is in the log. */
export interface WrittenBatch {
  topic: string;
  partition: number;
  baseOffset: bigint;
  count: number;
}

interface TransactionBatch extends SendableBatch {
  /** Its number among the batches of its partition in this transaction. */
  index: number;
  written: WrittenBatch;
}

/** What one transaction sends to one partition. */
class TransactionPartition extends PartitionQueue<TransactionBatch> {
  batchCount = 0;
  nextSequence = 0;
}

/** A broker refused our epoch. InitProducerId tells what that means. */
export interface LostEpoch {
  lostEpoch: string;
}

/** What a transaction needs of its session. Times in ms. */
export interface TransactionContext {
  cluster: Cluster;
  produceConnections: BrokerConnections;
  coordinatorConnections: BrokerConnections;
  id: TransactionalId;
  markers: MarkersWait;
  timeoutMs: number;
  stuckAfterMs: number;
  /** Ends every wait. */
  closing: AbortSignal;
}

/**
 * One transaction while it is being filled: its batches, which are sent at once, and the positions that it
 * will carry. The first thing that goes wrong is its failure, and from then on it can only be aborted.
 */
export class OpenTransaction {
  readonly #context: TransactionContext;
  readonly #sender: Sender<TransactionBatch, TransactionPartition>;
  readonly #batches: TransactionBatch[] = [];
  readonly #offsets: TransactionOffsets[] = [];
  #unsettled = 0;
  #openBytes = 0;
  #openedAt: number | undefined;
  #failure: TransactionError | LostEpoch | undefined;
  readonly #poisons: Poison[] = [];
  #progress: (() => void) | undefined;

  constructor(context: TransactionContext) {
    this.#context = context;
    this.#sender = new Sender(context.cluster, context.produceConnections, {
      transactionalId: context.id.identity.transactionalId,
      newQueue: (topic, partition) => new TransactionPartition(topic, partition),
      stamp: (partition, batch) => this.#stamp(partition, batch),
      decide: (partition, batch, answer) => this.#decide(partition, batch, answer),
      progressed: () => this.#wake(),
    });
  }

  /** When its first request may have been sent; undefined while the broker cannot know of it. */
  get openedAt(): number | undefined {
    return this.#openedAt;
  }

  get hasOffsets(): boolean {
    return this.#offsets.length > 0;
  }

  /** Bytes of its batches, as they were appended. */
  get openBytes(): number {
    return this.#openBytes;
  }

  get written(): WrittenBatch[] {
    return this.#batches.map((batch) => batch.written);
  }

  append(topic: string, partition: number, batch: EncodedBatch, codec: Codec): void {
    const queue = this.#sender.queue(topic, partition);
    const written = { topic, partition, baseOffset: -1n, count: batch.count };
    const state = { parts: [], byteCount: 0, order: 0, sequence: -1, maybeStored: false };
    const entry: TransactionBatch = { ...state, count: batch.count, index: queue.batchCount++, written };
    this.#batches.push(entry);
    this.#unsettled++;
    this.#openBytes += batch.bytes.length;
    this.#openedAt ??= performance.now();
    fillBatch(entry, batch, codec, () => this.#sender.wake(queue));
    this.#sender.add(queue, entry);
  }

  addOffsets(offsets: TransactionOffsets): void {
    this.#offsets.push(offsets);
  }

  /**
   * Waits until every batch is acknowledged, then sends the positions. Resolves with what went wrong, if
   * anything did.
   */
  async complete(): Promise<TransactionError | LostEpoch | undefined> {
    await this.#allAnswered();
    if (!this.#failure) await this.#sendOffsets();
    return this.#failure;
  }

  /** Sends nothing more. Resolves when no request is in flight: only then may the next transaction begin. */
  async stop(): Promise<void> {
    this.close();
    while (this.#sender.requestsInFlight > 0) await this.#nextProgress(100);
  }

  /** Sends nothing more, and wakes whoever waits for an answer. */
  close(): void {
    this.#sender.close();
    this.#wake();
  }

  /**
   * In a transaction v2 brokers refuse a first sequence other than 0. So the first batch need not go alone.
   */
  #stamp(partition: TransactionPartition, batch: TransactionBatch): void {
    if (batch.sequence >= 0) return;
    batch.sequence = partition.nextSequence;
    partition.nextSequence = sequenceAfter(batch.sequence, batch.count);
    const { producerId, producerEpoch } = this.#context.id.identity;
    const stamp = { producerId, producerEpoch, baseSequence: batch.sequence, transactional: true };
    restamp(batch.parts[0]!, stamp);
  }

  #decide(partition: TransactionPartition, batch: TransactionBatch, answer: ProduceAnswer): BatchOutcome {
    const decision = decideTransaction('txn-produce', answer.code, partition.isOldest(batch));
    this.#context.markers.note(answer.code);
    if (decision === 'again' && !this.#failure && !this.#isStuckNow(partition)) return 'again';
    this.#unsettled--;
    if (decision === 'done') {
      batch.written.baseOffset = answer.baseOffset;
    } else if (decision === 'again') {
      this.#failure ??= this.#takesNothing(partition, answer.code);
    } else if (decision === 'poison') {
      this.#notePoison(partition, batch, answer);
    } else {
      this.#noteFailure('txn-produce', answer.code, `${partition.topic}-${partition.partition}`, partition);
    }
    return 'settled';
  }

  /**
   * One answer may refuse batches of many partitions, and more answers come until the transaction is given
   * up. Whoever learned of one only would need a transaction for each of them.
   */
  #notePoison(of: TransactionPartition, { index }: TransactionBatch, answer: ProduceAnswer): void {
    const { code, message, refusedRecords: records } = answer;
    // Those behind it in its partition may be refused for its sake.
    if (this.#poisons.some((each) => isSamePartition(each, of))) return;
    const { topic, partition } = of;
    this.#poisons.push({ topic, partition, index, records, code, message });
    this.#failure ??= new TransactionError('aborted', code, message, { poisons: this.#poisons });
  }

  #noteFailure(role: TransactionRole, code: ErrorCode, what: string, of?: TransactionPartition): void {
    switch (decideTransaction(role, code)) {
      case 'done':
        return;
      case 'lost-epoch':
        this.#failure ??= { lostEpoch: `${code} from ${what}` };
        return;
      case 'again':
      case 'abort':
      case 'poison':
      case 'stale-member':
        this.#failure ??= new TransactionError('aborted', code, what);
        return;
      case 'fatal':
        this.#failure ??= new TransactionError('fatal', code, what, {
          ...(of && { partition: { topic: of.topic, partition: of.partition } }),
        });
    }
  }

  async #sendOffsets(): Promise<void> {
    const { cluster, coordinatorConnections, id, closing, timeoutMs } = this.#context;
    for (const offsets of this.#offsets) {
      this.#openedAt ??= performance.now();
      const topics = [...new Set(offsets.positions.map(({ topic }) => topic))].join(', ');
      const what = `offsets of group ${offsets.groupId} in ${topics}`;
      try {
        const waits = { signal: closing, timeoutMs };
        const code = await sendOffsets(cluster, coordinatorConnections, offsets, id.identity, waits);
        this.#noteFailure('txn-offsets', code, what);
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retryable) throw error;
        this.#failure = new TransactionError('aborted', error.code, what, { cause: error });
      }
      if (this.#failure) return;
    }
  }

  async #allAnswered(): Promise<void> {
    const giveUpAt = performance.now() + this.#context.timeoutMs;
    while (this.#unsettled > 0 && !this.#failure) {
      const now = performance.now();
      const waiting = [...this.#sender.queues].filter((queue) => !queue.idle);
      // To a partition without a leader nothing is sent, so no answer ever tells `#decide` that it is stuck.
      const silent = waiting.find((queue) => queue.inFlight.length === 0 && this.#isStuckNow(queue));
      const throttled = this.#throttledTooLong(now);
      if (throttled) this.#failure = throttled;
      else if (silent) this.#failure = this.#takesNothing(silent, 'LEADER_NOT_AVAILABLE');
      else if (now >= giveUpAt && waiting[0]) this.#failure = this.#takesNothing(waiting[0], 'TIMEOUT');
      else await this.#nextProgress(Math.min(giveUpAt - now, 100));
    }
  }

  /**
   * Whether quotas leave no time for what still waits: then no partition is to blame, but the size of the
   * whole.
   */
  #throttledTooLong(now: number): TransactionError | undefined {
    const { produceConnections, timeoutMs } = this.#context;
    const leftMs = (this.#openedAt ?? now) + timeoutMs - now;
    const throttledMs = produceConnections.throttledForMs();
    if (throttledMs === 0 || throttledMs < leftMs) return undefined;
    const what = `a quota is exceeded for ${Math.ceil(throttledMs)} ms, and this transaction lives`;
    return new TransactionError('aborted', 'THROTTLING_QUOTA_EXCEEDED', `${what} ${Math.ceil(leftMs)} ms`);
  }

  #isStuckNow(partition: TransactionPartition): boolean {
    return isStuck(partition, performance.now(), this.#context.stuckAfterMs);
  }

  #takesNothing(found: TransactionPartition, code: ErrorCode): TransactionError {
    const { cluster, markers, stuckAfterMs } = this.#context;
    if (markers.ms > 0) {
      const what = 'a partition of the previous transaction takes no marker; none of this one is to blame';
      return new TransactionError('aborted', 'CONCURRENT_TRANSACTIONS', what);
    }
    const stuck = stuckTogether(cluster, found, this.#sender.queues, stuckAfterMs);
    const names = stuck.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
    return new TransactionError('aborted', code, `no writes are taken by ${names}`, { stuck });
  }

  #wake(): void {
    const progress = this.#progress;
    this.#progress = undefined;
    progress?.();
  }

  async #nextProgress(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#progress = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#context.closing.throwIfAborted();
  }
}
