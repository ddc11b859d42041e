import type { Codec } from '../bytes/codec.ts';
import type { EncodedBatch } from '../bytes/encode-batch.ts';
import { restamp } from '../bytes/restamp.ts';
import { sequenceAfter } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { fillBatch } from '../produce/fill-batch.ts';
import type { Lane, SendableBatch } from '../produce/lane.ts';
import { Sender } from '../produce/sender.ts';
import type { Verdict } from '../produce/sender.ts';
import type { ProduceAnswer } from '../requests/produce.ts';
import { TransactionError } from './errors.ts';
import { judgeTransaction } from './judge-transaction.ts';
import type { TransactionRole } from './judge-transaction.ts';
import { MarkersWait } from './markers-wait.ts';
import { stuckWith } from './stuck-with.ts';
import { commitOffsets } from './transaction-offsets.ts';
import type { TransactionOffsets } from './transaction-offsets.ts';
import { TransactionalId } from './transactional-id.ts';

/** Times in ms. */
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

/** A partition that will have taken nothing for long enough so soon is given up together with the first. */
const stuckTogetherMs = 2_000;

/** A broker refused the epoch: what that means is asked with InitProducerId. */
interface LostEpoch {
  lostEpoch: string;
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
  readonly #timeoutMs: number;
  readonly #owned: TransactionalId;
  readonly #markers: MarkersWait;
  #sender: Sender<TxnBatch>;
  #sequences = new Map<Lane<TxnBatch>, number>();
  #batches: TxnBatch[] = [];
  #counts = new Map<string, number>();
  #offsets: TransactionOffsets[] = [];
  #unsettled = 0;
  #openBytes = 0;
  #touched = false;
  #isEnding = false;
  /** A commit was answered, and nothing since then shows that its markers are written. */
  #markersPending = false;
  #failure: TransactionError | LostEpoch | undefined;
  #progress: (() => void) | undefined;

  constructor(cluster: Cluster, options: TxnSessionOptions) {
    this.transactionalId = options.transactionalId;
    this.#cluster = cluster;
    this.#options = options;
    this.#timeoutMs = options.transactionTimeoutMs ?? 10_000;
    // One produce connection per broker and id: two that begin partitions in parallel collide (NOT_ENOUGH_REPLICAS).
    this.#produceLink = cluster.link(`produce ${options.transactionalId}`);
    this.#coordinatorLink = cluster.link(`coordinators ${options.transactionalId}`);
    this.#markers = new MarkersWait(cluster.log, options.transactionalId);
    this.#owned = new TransactionalId(cluster, this.#coordinatorLink, {
      transactionalId: options.transactionalId,
      transactionTimeoutMs: this.#timeoutMs,
      signal: this.#closing.signal,
      markers: this.#markers,
    });
    this.#sender = this.#newSender();
  }

  /** Bytes of the batches in the open transaction, as they were appended: its only bound is a caller who commits by this. */
  get openBytes(): number {
    return this.#openBytes;
  }

  /** How long this id has been waiting for the markers of its transaction before, ms; more than a moment is a dead partition. */
  get markersWaitMs(): number {
    return this.#markers.ms;
  }

  /**
   * Adds a batch to the transaction and sends it ahead. The session owns the bytes until commit or abort settles. `codec` is for a
   * batch that is not compressed: a large one is compressed in the thread pool, while the next one is made.
   */
  append(topic: string, partition: number, batch: EncodedBatch, codec: Codec = 'none'): void {
    this.#refuseWhileEnding();
    const key = `${topic}-${partition}`;
    const index = this.#counts.get(key) ?? 0;
    this.#counts.set(key, index + 1);
    const written = { topic, partition, baseOffset: -1n, count: batch.count };
    const state = { parts: [], byteCount: 0, order: 0, sequence: -1, maybeStored: false };
    const entry: TxnBatch = { ...state, count: batch.count, index, written };
    this.#batches.push(entry);
    this.#unsettled++;
    this.#openBytes += batch.bytes.length;
    this.#touched = true;
    const sender = this.#sender;
    const lane = sender.lane(topic, partition);
    fillBatch(entry, batch, codec, () => sender.wake(lane));
    sender.add(lane, entry);
  }

  /** Adds consumer positions; they are sent at the commit, after every batch is acknowledged. */
  offsets(offsets: TransactionOffsets): void {
    this.#refuseWhileEnding();
    if (offsets.offsets.length > 0) this.#offsets.push(offsets);
  }

  /**
   * Resolves when the transaction is decided and its markers are being written. An empty one is a local no-op.
   * Throws TransactionError; then positions must be read from Kafka.
   */
  commit(): Promise<WrittenBatch[]> {
    return this.#ending(() => this.#commit());
  }

  /**
   * Drops the open transaction. When it resolves, what was committed before is visible in full, so that positions may be read
   * from Kafka: the answer to a commit says only that it is decided, and its markers may be held up (a broker that just
   * failed is the likeliest reason to read positions again). The coordinator takes no abort before they are written.
   * Throws TransactionError 'fenced' when the id was taken meanwhile.
   */
  abort(): Promise<void> {
    return this.#ending(() => this.#abort());
  }

  /** InitProducerId(-1, -1). Only for the first opening, and after 'fenced' when the work is still assigned here. */
  takeover(): Promise<void> {
    return this.#ending(async () => {
      this.#sender.close();
      await this.#quiet();
      await this.#owned.takeOver();
      this.#reset();
    });
  }

  /**
   * Closes the connections. An open transaction is left to time out: abort or commit it before. A commit under way rejects
   * with KafkaError CLOSED, and only Kafka knows what became of it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new KafkaError('CLOSED', `session ${this.transactionalId} is closed`));
    this.#progress?.();
    this.#sender.close();
    this.#produceLink[Symbol.dispose]();
    this.#coordinatorLink[Symbol.dispose]();
  }

  /** One at a time: an abort while a commit is unanswered, or a batch appended meanwhile, would belong to no transaction. */
  async #ending<T>(end: () => Promise<T>): Promise<T> {
    this.#refuseWhileEnding();
    this.#isEnding = true;
    try {
      return await end();
    } finally {
      this.#isEnding = false;
    }
  }

  #refuseWhileEnding(): void {
    if (this.#isEnding) throw new Error(`the transaction of ${this.transactionalId} is being ended`);
  }

  async #commit(): Promise<WrittenBatch[]> {
    if (!this.#touched && this.#offsets.length === 0) return [];
    await this.#allAnswered();
    if (!this.#failure) await this.#sendOffsets();
    if (this.#failure) return this.#giveUp(this.#failure);
    const written = this.#batches.map((batch) => batch.written);
    await this.#end(true);
    return written;
  }

  async #sendOffsets(): Promise<void> {
    const waits = { signal: this.#closing.signal, deadlineMs: this.#timeoutMs };
    for (const offsets of this.#offsets) {
      this.#touched = true;
      const what = `offsets of group ${offsets.groupId}`;
      try {
        const { identity } = this.#owned;
        const code = await commitOffsets(this.#cluster, this.#coordinatorLink, offsets, identity, waits);
        this.#noteFailure('txn-offsets', code, what);
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retryable) throw error;
        this.#failure = new TransactionError('aborted', error.code, what, { cause: error });
      }
      if (this.#failure) return;
    }
  }

  async #abort(): Promise<void> {
    if (!this.#touched && !this.#markersPending) {
      this.#reset();
      return;
    }
    this.#sender.close();
    await this.#quiet();
    try {
      await this.#end(false);
    } catch (error) {
      if (!isAborted(error)) throw error; // else it had timed out: aborted all the same
    }
  }

  #newSender(): Sender<TxnBatch> {
    return new Sender<TxnBatch>(this.#cluster, this.#produceLink, {
      transactionalId: this.transactionalId,
      stamp: (lane, batch) => this.#stamp(lane, batch),
      judge: (lane, batch, answer) => this.#judge(lane, batch, answer),
      progressed: () => {
        const progress = this.#progress;
        this.#progress = undefined;
        progress?.();
      },
    });
  }

  /** Under the second kind of transactions a first sequence other than 0 is refused, so the first need not go alone. */
  #stamp(lane: Lane<TxnBatch>, batch: TxnBatch): void {
    if (batch.sequence >= 0) return;
    batch.sequence = this.#sequences.get(lane) ?? 0;
    this.#sequences.set(lane, sequenceAfter(batch.sequence, batch.count));
    const { producerId, producerEpoch } = this.#owned.identity;
    restamp(batch.parts[0]!, {
      producerId,
      producerEpoch,
      baseSequence: batch.sequence,
      transactional: true,
    });
  }

  #judge(lane: Lane<TxnBatch>, batch: TxnBatch, answer: ProduceAnswer): Verdict {
    const judgement = judgeTransaction('txn-produce', answer.code, lane.isOldest(batch));
    this.#markers.note(answer.code);
    if (judgement === 'again' && !this.#failure && !this.#isStuck(lane, Date.now())) return 'again';
    this.#unsettled--;
    if (judgement === 'done') {
      batch.written.baseOffset = answer.baseOffset;
    } else if (judgement === 'again') {
      this.#failure ??= this.#takesNothing(lane, answer.code);
    } else if (judgement === 'poison') {
      const poison = { topic: lane.topic, partition: lane.partition, index: batch.index };
      this.#failure ??= new TransactionError('aborted', answer.code, answer.message, { poison });
    } else {
      this.#noteFailure('txn-produce', answer.code, `${lane.topic}-${lane.partition}`);
    }
    return 'settled';
  }

  #noteFailure(role: TransactionRole, code: string, what: string): void {
    switch (judgeTransaction(role, code)) {
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
    const until = Date.now() + this.#timeoutMs;
    while (this.#unsettled > 0 && !this.#failure) {
      const now = Date.now();
      const waiting = [...this.#sender.lanes].filter((lane) => !lane.idle);
      // Without a leader nothing is sent, so no answer can tell: `#judge` never hears of it.
      const silent = waiting.find((lane) => lane.inFlight.length === 0 && this.#isStuck(lane, now));
      if (silent) this.#failure = this.#takesNothing(silent, 'LEADER_NOT_AVAILABLE');
      else if (now >= until && waiting[0]) this.#failure = this.#takesNothing(waiting[0], 'TIMEOUT');
      else await this.#nextProgress(Math.min(until - now, 100));
    }
  }

  #isStuck({ failingSince }: Lane<TxnBatch>, now: number): boolean {
    return failingSince > 0 && now - failingSince >= (this.#options.stuckAfterMs ?? 3_000);
  }

  #takesNothing(found: Lane<TxnBatch>, code: string): TransactionError {
    if (this.#markers.ms > 0) {
      const what = 'a partition of the transaction before takes no marker; of this one, none is to blame';
      return new TransactionError('aborted', 'CONCURRENT_TRANSACTIONS', what);
    }
    const soon = Date.now() + stuckTogetherMs;
    const stuck = stuckWith(this.#cluster, found, this.#sender.lanes, (lane) => this.#isStuck(lane, soon));
    const names = stuck.map(({ topic, partition }) => `${topic}-${partition}`).join(', ');
    return new TransactionError('aborted', code, `taking nothing: ${names}`, { stuck });
  }

  /** No request of the old transaction may be under way when the next begins. */
  async #quiet(): Promise<void> {
    while (this.#sender.requestsInFlight > 0) await this.#nextProgress(100);
  }

  async #nextProgress(timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#progress = resolve;
    const timer = setTimeout(resolve, timeoutMs);
    await promise;
    clearTimeout(timer);
    this.#closing.signal.throwIfAborted();
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
      throw isAborted(error) ? failure : error;
    }
  }

  /** Ends the transaction; the session is ready for the next unless the id is lost. */
  async #end(commit: boolean): Promise<void> {
    try {
      await this.#owned.end(commit);
    } catch (error) {
      if (isAborted(error)) this.#reset();
      throw error;
    }
    this.#reset();
    this.#markersPending = commit;
  }

  async #recover(because: string): Promise<never> {
    try {
      return await this.#owned.recover(because);
    } catch (error) {
      if (isAborted(error)) this.#reset();
      throw error;
    }
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
    this.#markersPending = false;
    this.#failure = undefined;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof TransactionError && error.outcome === 'aborted';
}
