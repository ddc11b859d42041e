import { setTimeout as sleep } from 'node:timers/promises';
import { restamp } from '../bytes/restamp.ts';
import { producerEpochMax, sequenceAfter } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { errorName, KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import type { Lane, SendableBatch } from '../produce/lane.ts';
import { Sender } from '../produce/sender.ts';
import type { Verdict } from '../produce/sender.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { endTxnRequest, initProducerIdRequest } from '../requests/transaction.ts';
import { callCoordinator } from './coordinator-call.ts';
import { TransactionError } from './errors.ts';
import { judgeTransaction } from './judge-transaction.ts';
import { commitOffsets } from './transaction-offsets.ts';
import type { TransactionOffsets } from './transaction-offsets.ts';

export interface TxnSessionOptions {
  /** Stable over restarts: whoever opens it next fences this one. */
  transactionalId: string;
  /** Default 10 000: a dead owner holds its partitions' read_committed readers for so long. */
  transactionTimeoutMs?: number;
  /** A partition that takes nothing for so long ends the transaction as `stuck`. Default 3 000. */
  stuckAfterMs?: number;
}

/** A batch of a committed transaction and where it went. */
export interface WrittenBatch {
  topic: string;
  partition: number;
  baseOffset: bigint;
  count: number;
}

interface TxnBatch extends SendableBatch {
  /** Place among the batches of its partition in this transaction. */
  index: number;
  written: WrittenBatch;
}

/** A broker refused the epoch: what that means is asked with InitProducerId. */
interface LostEpoch {
  lostEpoch: string;
}

/**
 * Takes a transactional id over: InitProducerId(-1, -1) fences whoever had it and aborts what it left open. Resolves
 * when the markers of that abort are on their way. Throws KafkaError or TransactionError 'fatal'.
 */
export async function openTxnSession(cluster: Cluster, options: TxnSessionOptions): Promise<TxnSession> {
  const session = new TxnSession(cluster, options);
  try {
    await session.takeover();
    return session;
  } catch (error) {
    await session[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Transactions of one transactional id, one after the other (KIP-98, KIP-890: version 2 only). Batches are sent while
 * the transaction is still being filled; producer id, epoch and sequence are stamped at the send.
 *
 * If this process dies: before EndTxn(commit) was sent, the next owner's takeover or the timeout aborts everything;
 * after it was sent, the coordinator's log decides: all of it is committed, or nothing. Positions are inside the
 * transaction, so the next owner goes on exactly behind what is visible.
 */
export class TxnSession implements AsyncDisposable {
  readonly transactionalId: string;
  readonly #cluster: Cluster;
  readonly #options: TxnSessionOptions;
  readonly #produceLink: Link;
  readonly #coordinatorLink: Link;
  readonly #closing = new AbortController();
  #sender: Sender<TxnBatch>;
  #producerId = -1n;
  #producerEpoch = -1;
  #sequences = new Map<Lane<TxnBatch>, number>();
  #batches: TxnBatch[] = [];
  #counts = new Map<string, number>();
  #offsets: TransactionOffsets[] = [];
  #unsettled = 0;
  #openBytes = 0;
  #touched = false;
  #failure: TransactionError | LostEpoch | undefined;
  #progress: (() => void) | undefined;

  constructor(cluster: Cluster, options: TxnSessionOptions) {
    this.transactionalId = options.transactionalId;
    this.#cluster = cluster;
    this.#options = options;
    // One produce connection per broker and id: two that begin partitions in parallel collide (NOT_ENOUGH_REPLICAS).
    this.#produceLink = cluster.link(`produce ${options.transactionalId}`);
    this.#coordinatorLink = cluster.link(`coordinators ${options.transactionalId}`);
    this.#sender = this.#newSender();
  }

  /** Bytes of the batches in the open transaction. */
  get openBytes(): number {
    return this.#openBytes;
  }

  /** Adds a batch to the transaction and sends it ahead. The session owns the bytes until commit or abort settles. */
  append(topic: string, partition: number, batch: { bytes: Buffer; count: number }): void {
    const key = `${topic}-${partition}`;
    const index = this.#counts.get(key) ?? 0;
    this.#counts.set(key, index + 1);
    const written = { topic, partition, baseOffset: -1n, count: batch.count };
    const entry: TxnBatch = { ...batch, order: 0, sequence: -1, maybeStored: false, index, written };
    this.#batches.push(entry);
    this.#unsettled++;
    this.#openBytes += batch.bytes.length;
    this.#touched = true;
    this.#sender.add(this.#sender.lane(topic, partition), entry);
    if (!this.#cluster.knownTopic(topic)) {
      this.#cluster.refresh(topic).catch((error: unknown) => {
        this.#cluster.log.debug({ err: error, topic }, 'Metadata refresh failed; it is tried again');
      });
    }
  }

  /** Adds consumer positions; they are sent at the commit, after every batch is acknowledged. */
  offsets(offsets: TransactionOffsets): void {
    this.#offsets.push(offsets);
  }

  /**
   * Resolves when the transaction is decided and its markers are being written. An empty one is a local no-op.
   * Throws TransactionError; then positions must be read from Kafka.
   */
  async commit(): Promise<WrittenBatch[]> {
    if (!this.#touched && this.#offsets.length === 0) return [];
    await this.#allAnswered();
    if (!this.#failure) {
      for (const offsets of this.#offsets) {
        this.#touched = true;
        const code = await commitOffsets(
          this.#cluster,
          this.#coordinatorLink,
          offsets,
          this.#identity(),
          this.#closing.signal,
        );
        this.#noteFailure(code, `offsets of group ${offsets.groupId}`);
        if (this.#failure) break;
      }
    }
    if (this.#failure) return this.#giveUp(this.#failure);
    const written = this.#batches.map((batch) => batch.written);
    await this.#end(true);
    return written;
  }

  /** Drops the open transaction. Throws TransactionError 'fenced' when the id was taken meanwhile. */
  async abort(): Promise<void> {
    if (!this.#touched) {
      this.#reset();
      return;
    }
    this.#sender.close();
    await this.#quiet();
    await this.#end(false);
  }

  /** InitProducerId(-1, -1). Only for the first opening, and after 'fenced' when the work is still assigned here. */
  async takeover(): Promise<void> {
    await this.#quiet();
    const answer = await this.#initProducerId(-1n, -1);
    const code = errorName(answer.errorCode);
    if (code !== 'NONE') throw new TransactionError('fatal', code, `taking ${this.transactionalId} over`);
    this.#adopt(answer.producerId, answer.producerEpoch);
    this.#reset();
  }

  /** Closes the connections. An open transaction is left to time out: abort or commit it before. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new KafkaError('CLOSED', `session ${this.transactionalId} is closed`));
    this.#sender.close();
    this.#produceLink[Symbol.dispose]();
    this.#coordinatorLink[Symbol.dispose]();
  }

  #newSender(): Sender<TxnBatch> {
    const sender: Sender<TxnBatch> = new Sender<TxnBatch>(this.#cluster, this.#produceLink, {
      transactionalId: this.transactionalId,
      stamp: (lane, batch) => this.#stamp(lane, batch),
      judge: (lane, batch, answer) => this.#judge(lane, batch, answer),
      progressed: () => {
        const progress = this.#progress;
        this.#progress = undefined;
        progress?.();
      },
    });
    return sender;
  }

  /** Under the second kind of transactions a first sequence other than 0 is refused, so the first need not go alone. */
  #stamp(lane: Lane<TxnBatch>, batch: TxnBatch): void {
    if (batch.sequence >= 0) return;
    batch.sequence = this.#sequences.get(lane) ?? 0;
    this.#sequences.set(lane, sequenceAfter(batch.sequence, batch.count));
    restamp(batch.bytes, {
      producerId: this.#producerId,
      producerEpoch: this.#producerEpoch,
      baseSequence: batch.sequence,
      transactional: true,
    });
  }

  #judge(lane: Lane<TxnBatch>, batch: TxnBatch, answer: ProduceAnswer): Verdict {
    const judgement = judgeTransaction(answer.code, lane.isOldest(batch));
    const stuckMs = lane.failingSince === 0 ? 0 : Date.now() - lane.failingSince;
    if (judgement === 'again' && !this.#failure && stuckMs < (this.#options.stuckAfterMs ?? 3_000))
      return 'again';
    this.#unsettled--;
    if (judgement === 'done') {
      batch.written.baseOffset = answer.baseOffset;
    } else if (judgement === 'again') {
      const stuck = { topic: lane.topic, partition: lane.partition };
      this.#failure ??= new TransactionError(
        'aborted',
        answer.code,
        `${lane.topic}-${lane.partition} takes nothing`,
        { stuck },
      );
    } else if (judgement === 'poison') {
      const poison = { topic: lane.topic, partition: lane.partition, index: batch.index };
      this.#failure ??= new TransactionError('aborted', answer.code, answer.message, { poison });
    } else {
      this.#noteFailure(answer.code, `${lane.topic}-${lane.partition}`);
    }
    return 'settled';
  }

  #noteFailure(code: string, what: string): void {
    switch (judgeTransaction(code)) {
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
        this.#failure ??= new TransactionError('fatal', code, what);
    }
  }

  async #allAnswered(): Promise<void> {
    const until = Date.now() + (this.#options.transactionTimeoutMs ?? 10_000);
    while (this.#unsettled > 0 && !this.#failure) {
      const leftMs = until - Date.now();
      if (leftMs <= 0) {
        this.#failure = new TransactionError(
          'aborted',
          'TIMEOUT',
          'the batches were not acknowledged in time',
        );
        return;
      }
      await this.#nextProgress(Math.min(leftMs, 100));
    }
  }

  /** No request of the old transaction may be under way when the next begins. */
  async #quiet(): Promise<void> {
    while (this.#sender.requestsInFlight > 0) await this.#nextProgress(100);
  }

  async #nextProgress(timeoutMs: number): Promise<void> {
    const progressed = new Promise<void>((resolve) => {
      this.#progress = resolve;
    });
    await Promise.race([progressed, sleep(timeoutMs, undefined, { signal: this.#closing.signal })]);
  }

  async #giveUp(failure: TransactionError | LostEpoch): Promise<never> {
    this.#sender.close();
    await this.#quiet();
    if ('lostEpoch' in failure) return this.#recover(failure.lostEpoch);
    if (failure.outcome === 'aborted') await this.#endAfter(failure);
    throw failure;
  }

  /** Aborts because of `failure`, which says more than that the transaction had already ended. */
  async #endAfter(failure: TransactionError): Promise<void> {
    try {
      await this.#end(false);
    } catch (error) {
      if (error instanceof TransactionError && error.outcome === 'aborted') throw failure;
      throw error;
    }
  }

  /** Sends EndTxn until a definite answer comes: nobody aborts or goes on from memory after a commit was sent. */
  async #end(commit: boolean): Promise<void> {
    const { transactionalId } = this;
    const { producerId, producerEpoch } = this.#identity();
    const answer = await callCoordinator(
      this.#cluster,
      this.#coordinatorLink,
      { kind: 'transaction', key: transactionalId, deadlineMs: Infinity, signal: this.#closing.signal },
      endTxnRequest,
      ({ code }) => code,
      () => [transactionalId, producerId, producerEpoch, commit],
    );
    const judgement = judgeTransaction(answer.code);
    if (judgement === 'done') {
      this.#adopt(answer.producerId, answer.producerEpoch);
      await this.#renewWornOutEpoch();
      this.#reset();
      return;
    }
    if (judgement === 'fatal')
      throw new TransactionError('fatal', answer.code, `EndTxn of ${transactionalId}`);
    // INVALID_TXN_STATE and lost epochs: what happened is only known after asking with the own epoch.
    await this.#recover(`${answer.code} from EndTxn`);
  }

  /**
   * InitProducerId(own id, own epoch): accepted, the transaction was mine and is aborted (it had timed out); refused,
   * another owner has the id. With (-1, -1) here two owners would fence each other for ever. Even so the question costs
   * the other owner the transaction it may have open: the coordinator (4.2.1) aborts an ongoing one before it looks at
   * the epoch. The owner meets that as 'aborted', once per fenced zombie, and does the work again.
   */
  async #recover(because: string): Promise<never> {
    const answer = await this.#initProducerId(this.#producerId, this.#producerEpoch);
    const code = errorName(answer.errorCode);
    if (code === 'NONE') {
      this.#adopt(answer.producerId, answer.producerEpoch);
      this.#reset();
      throw new TransactionError(
        'aborted',
        'TIMEOUT',
        `the transaction of ${this.transactionalId} had ended without us (${because})`,
      );
    }
    const fenced = judgeTransaction(code) === 'lost-epoch';
    throw new TransactionError(
      fenced ? 'fenced' : 'fatal',
      code,
      `recovering ${this.transactionalId} after ${because}`,
    );
  }

  /** Epochs end at 32 767 (KIP-360): the own id and epoch give a new id in time. */
  async #renewWornOutEpoch(): Promise<void> {
    if (this.#producerEpoch < producerEpochMax) return;
    const answer = await this.#initProducerId(this.#producerId, this.#producerEpoch);
    const code = errorName(answer.errorCode);
    if (code === 'NONE') this.#adopt(answer.producerId, answer.producerEpoch);
    else if (judgeTransaction(code) !== 'lost-epoch')
      throw new TransactionError('fatal', code, 'renewing the epoch');
    // A lost epoch is met again by the next transaction, and judged there.
  }

  #initProducerId(producerId: bigint, producerEpoch: number) {
    const { transactionalId } = this;
    const timeoutMs = this.#options.transactionTimeoutMs ?? 10_000;
    return callCoordinator(
      this.#cluster,
      this.#coordinatorLink,
      { kind: 'transaction', key: transactionalId, deadlineMs: 60_000, signal: this.#closing.signal },
      initProducerIdRequest,
      ({ errorCode }) => errorName(errorCode),
      (): Parameters<typeof initProducerIdRequest.encode> => [
        transactionalId,
        timeoutMs,
        producerId,
        producerEpoch,
      ],
    );
  }

  #identity() {
    const { transactionalId } = this;
    return { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch };
  }

  #adopt(producerId: bigint, producerEpoch: number): void {
    this.#producerId = producerId;
    this.#producerEpoch = producerEpoch;
  }

  #reset(): void {
    this.#sender.close();
    this.#sender = this.#newSender();
    this.#sequences = new Map();
    this.#batches = [];
    this.#counts = new Map();
    this.#offsets = [];
    this.#unsettled = 0;
    this.#openBytes = 0;
    this.#touched = false;
    this.#failure = undefined;
  }
}
