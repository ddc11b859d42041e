import type { EncodedBatch } from '../bytes/encode-batch.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { Codec } from '../compression/codec.ts';
import { KafkaError } from '../errors/errors.ts';
import { TransactionError } from './errors.ts';
import { MarkersWait } from './markers-wait.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { LostEpoch, TransactionContext, WrittenBatch } from './open-transaction.ts';
import type { TransactionOffsets } from './transaction-offsets.ts';
import { TransactionalId } from './transactional-id.ts';

/** Times in ms. */
export interface TransactionSessionOptions {
  /** The same after every restart: whoever opens it next fences this one. */
  transactionalId: string;
  /** Default 10 000. The read_committed readers of a dead owner's partitions wait for so long. */
  transactionTimeoutMs?: number;
  /**
   * A partition that takes nothing for so long ends the transaction: `TransactionError.stuck`. Default 3 000.
   */
  stuckAfterMs?: number;
}

type State =
  /**
   * The id is ours. `markersPending`: the last commit was answered, but nothing yet shows that its markers
   * are written.
   */
  | { readonly kind: 'owned'; readonly transaction: OpenTransaction; readonly markersPending: boolean }
  /** A commit, an abort or a takeover is under way: nothing may be added. */
  | { readonly kind: 'ending'; readonly transaction: OpenTransaction | undefined }
  /** Not taken over yet, or lost. Only a takeover helps; anything else ends in `error`. */
  | { readonly kind: 'not-ours'; readonly error: TransactionError };

/** A state in which something may be begun. */
type Settled = Exclude<State, { kind: 'ending' }>;

/**
 * Transactions of one transactional id, one after the other (KIP-98, KIP-890: version 2 only). Batches are
 * sent while the transaction is still being filled. Producer id, epoch and sequence are stamped at the send.
 *
 * If this process dies before EndTxn(commit) was sent, everything is aborted: by the next owner's takeover,
 * or by the transaction timeout. If it dies after that, the coordinator's log decides: all of it is
 * committed, or nothing. The positions are inside the transaction, so the next owner continues exactly after
 * what is visible.
 */
export class TransactionSession implements AsyncDisposable {
  readonly transactionalId: string;
  readonly #context: TransactionContext;
  readonly #closing = new AbortController();
  #state: State;

  /** Owns nothing until `takeOver` has resolved: use `openTransactionSession`. */
  constructor(cluster: Cluster, options: TransactionSessionOptions) {
    const { transactionalId, transactionTimeoutMs = 10_000, stuckAfterMs = 3_000 } = options;
    this.transactionalId = transactionalId;
    const coordinatorConnections = cluster.connectionsFor(`coordinators ${transactionalId}`);
    const markers = new MarkersWait(cluster.log, transactionalId);
    const closing = this.#closing.signal;
    this.#context = {
      cluster,
      // One per broker and id: requests on two connections that add partitions at once collide
      // (NOT_ENOUGH_REPLICAS).
      produceConnections: cluster.connectionsFor(`produce ${transactionalId}`),
      coordinatorConnections,
      id: new TransactionalId(cluster, coordinatorConnections, {
        transactionalId,
        transactionTimeoutMs,
        signal: closing,
        markers,
      }),
      markers,
      timeoutMs: transactionTimeoutMs,
      stuckAfterMs,
      closing,
    };
    const error = new TransactionError('fenced', 'PRODUCER_FENCED', `${transactionalId} is not taken over`);
    this.#state = { kind: 'not-ours', error };
  }

  /**
   * Bytes of the batches in the open transaction, as they were appended. The session itself sets no limit:
   * the caller must commit in time.
   */
  get openBytes(): number {
    return this.#state.kind === 'owned' ? this.#state.transaction.openBytes : 0;
  }

  /**
   * For how long a broker accepts nothing of this session because a quota is exceeded, ms; 0: all accept.
   * What is appended waits. So it is better to begin nothing meanwhile, and to begin with less.
   */
  get throttledForMs(): number {
    return this.#context.produceConnections.throttledForMs();
  }

  /**
   * How long this id has been waiting for the markers of its previous transaction, ms. More than a moment
   * means that a partition is dead.
   */
  get markersWaitMs(): number {
    return this.#context.markers.ms;
  }

  /**
   * Adds a batch to the transaction and sends it ahead. The bytes belong to the session until commit or abort
   * settles. `codec` is for a batch that is not compressed yet: a large one is compressed in the thread pool
   * while the next one is made. After the id was lost it does nothing: the commit tells.
   */
  append(topic: string, partition: number, batch: EncodedBatch, codec: Codec = 'none'): void {
    const state = this.#settled();
    if (state.kind === 'owned') state.transaction.append(topic, partition, batch, codec);
  }

  /** Adds consumer positions. They are sent at the commit, after every batch is acknowledged. */
  offsets(offsets: TransactionOffsets): void {
    const state = this.#settled();
    if (state.kind === 'owned' && offsets.positions.length > 0) state.transaction.addOffsets(offsets);
  }

  /**
   * Resolves when the transaction is decided and its markers are being written. An empty one costs no
   * request. Throws TransactionError; then the positions must be read from Kafka.
   */
  async commit(): Promise<WrittenBatch[]> {
    const state = this.#owned();
    const { transaction } = state;
    if (transaction.openedAt === undefined && !transaction.hasOffsets) return [];
    await this.#end(state, async () => {
      const failure = await transaction.complete();
      if (failure) return this.#giveUp(transaction, failure);
      await this.#context.id.end('commit');
      return { markersPending: true };
    });
    return transaction.written;
  }

  /**
   * Drops the open transaction. When it resolves, everything that was committed before is visible, so that
   * positions may be read from Kafka. (The answer to a commit says only that it is decided. Its markers may
   * take a while, most likely when a broker has just failed, which is also when positions are read again. The
   * coordinator accepts no abort before they are written.) Throws TransactionError 'fenced' when the id was
   * taken meanwhile.
   */
  async abort(): Promise<void> {
    const state = this.#owned();
    const { transaction, markersPending } = state;
    await this.#end(state, async () => {
      await transaction.stop();
      // With nothing to drop and no marker to wait for, the coordinator need not be asked.
      if (transaction.openedAt !== undefined || markersPending) {
        await this.#context.id.end('abort').catch((error: unknown) => {
          if (!isAborted(error)) throw error; // else it had timed out: aborted all the same
        });
      }
      return { markersPending: false };
    });
  }

  /**
   * InitProducerId(-1, -1). Only for the first opening, and after 'fenced' if the work is still assigned
   * here.
   */
  async takeOver(): Promise<void> {
    const state = this.#settled();
    await this.#end(state, async () => {
      if (state.kind === 'owned') await state.transaction.stop();
      await this.#context.id.takeOver();
      return { markersPending: false };
    });
  }

  /**
   * Closes the connections. An open transaction is left to time out: abort or commit it before. A commit that
   * is under way rejects with KafkaError CLOSED, and only Kafka knows what became of it.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new KafkaError('CLOSED', `session ${this.transactionalId} is closed`));
    if (this.#state.kind !== 'not-ours') this.#state.transaction?.close();
    this.#context.produceConnections[Symbol.dispose]();
    this.#context.coordinatorConnections[Symbol.dispose]();
  }

  #settled(): Settled {
    if (this.#state.kind !== 'ending') return this.#state;
    throw new Error(`the transaction of ${this.transactionalId} is being ended`);
  }

  #owned(): Settled & { kind: 'owned' } {
    const state = this.#settled();
    if (state.kind === 'not-ours') throw state.error;
    return state;
  }

  /**
   * Runs what ends a transaction, or takes the id over. Only one runs at a time: an abort during an
   * unanswered commit, or a batch appended meanwhile, would belong to no transaction. The next transaction
   * begins after a success and after 'aborted'. After 'fenced' and 'fatal' the id is lost. After any other
   * error nothing has changed.
   */
  async #end(from: Settled, work: () => Promise<{ markersPending: boolean }>): Promise<void> {
    this.#state = { kind: 'ending', transaction: from.kind === 'owned' ? from.transaction : undefined };
    try {
      const { markersPending } = await work();
      this.#begin(from, markersPending);
    } catch (error) {
      if (isAborted(error)) this.#begin(from, false);
      else if (error instanceof TransactionError) this.#state = { kind: 'not-ours', error };
      else this.#state = from;
      throw error;
    }
  }

  #begin(from: Settled, markersPending: boolean): void {
    if (from.kind === 'owned') from.transaction.close();
    this.#state = { kind: 'owned', transaction: new OpenTransaction(this.#context), markersPending };
  }

  /**
   * Ends a transaction that has failed. The failure says more than that the transaction had already ended.
   */
  async #giveUp(transaction: OpenTransaction, failure: TransactionError | LostEpoch): Promise<never> {
    await transaction.stop();
    if ('lostEpoch' in failure) return this.#context.id.recover(failure.lostEpoch);
    if (failure.outcome !== 'aborted') throw failure;
    await this.#context.id.end('abort').catch((error: unknown) => {
      if (!isAborted(error)) throw error;
    });
    throw failure;
  }
}

function isAborted(error: unknown): boolean {
  return error instanceof TransactionError && error.outcome === 'aborted';
}
