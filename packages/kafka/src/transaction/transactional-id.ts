import { producerEpochMax } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { callCoordinator } from '../cluster/coordinator-call.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { errorName } from '../errors/errors.ts';
import type { ErrorCode } from '../errors/errors.ts';
import { endTxnRequest, initProducerIdRequest } from '../requests/transaction.ts';
import { TransactionError } from './errors.ts';
import { decideTransaction } from './decide-transaction.ts';
import type { MarkersWait } from './markers-wait.ts';

export interface TransactionalIdOptions {
  transactionalId: string;
  transactionTimeoutMs: number;
  /** Ends every wait. */
  signal: AbortSignal;
  markers: MarkersWait;
}

/** A takeover may fail when Kafka is away. A transaction under way waits for ever, like EndTxn. */
const takeOverMs = 60_000;

/**
 * A transactional id as this process knows it: the producer id and the epoch that its next write must carry.
 */
export class TransactionalId {
  readonly #cluster: Cluster;
  readonly #connections: BrokerConnections;
  readonly #options: TransactionalIdOptions;
  #producerId = -1n;
  #producerEpoch = -1;

  constructor(cluster: Cluster, connections: BrokerConnections, options: TransactionalIdOptions) {
    this.#cluster = cluster;
    this.#connections = connections;
    this.#options = options;
  }

  get identity(): { transactionalId: string; producerId: bigint; producerEpoch: number } {
    const { transactionalId } = this.#options;
    return { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch };
  }

  /**
   * InitProducerId(-1, -1): fences whoever has the id, and aborts what is open. Throws TransactionError
   * 'fatal'.
   */
  async takeOver(): Promise<void> {
    const code = await this.#initProducerId(-1n, -1, takeOverMs);
    if (code !== 'NONE')
      throw new TransactionError('fatal', code, `taking over ${this.identity.transactionalId}`);
  }

  /**
   * Sends EndTxn until a definite answer comes: once a commit was sent, nobody may abort, or continue from
   * memory. Throws TransactionError when the transaction has ended in another way than asked, or nobody can
   * say how.
   */
  async end(outcome: 'commit' | 'abort'): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this.identity;
    const answer = await callCoordinator(
      this.#cluster,
      this.#connections,
      {
        kind: 'transaction',
        key: transactionalId,
        role: 'end-txn',
        timeoutMs: Infinity,
        signal: this.#options.signal,
        onAnswer: (code) => this.#options.markers.note(code),
      },
      endTxnRequest,
      ({ code }) => code,
      () => [transactionalId, producerId, producerEpoch, outcome === 'commit'],
    );
    const decision = decideTransaction('end-txn', answer.code);
    if (decision === 'fatal')
      throw new TransactionError('fatal', answer.code, `EndTxn of ${transactionalId}`);
    // INVALID_TXN_STATE and lost epochs: only InitProducerId with our epoch tells what happened.
    if (decision !== 'done') return this.recover(`${answer.code} from EndTxn`);
    this.#producerId = answer.producerId;
    this.#producerEpoch = answer.producerEpoch;
    await this.#renewWornOutEpoch();
  }

  /**
   * InitProducerId(our id, our epoch). If it is accepted, the transaction was ours and is aborted: it had
   * timed out. If it is refused, another owner has the id. With (-1, -1) here, two owners would fence each
   * other for ever. Even so the question costs the other owner an open transaction: the coordinator (4.2.1)
   * aborts it before it looks at the epoch. That owner gets 'aborted', once for each fenced zombie, and does
   * the work again.
   */
  async recover(because: string): Promise<never> {
    const { transactionalId, producerId, producerEpoch } = this.identity;
    const code = await this.#initProducerId(producerId, producerEpoch, Infinity);
    if (code === 'NONE') {
      const what = `the transaction of ${transactionalId} had ended without us (${because})`;
      throw new TransactionError('aborted', 'TIMEOUT', what);
    }
    const outcome = decideTransaction('init-txn', code) === 'lost-epoch' ? 'fenced' : 'fatal';
    throw new TransactionError(outcome, code, `recovering ${transactionalId} after ${because}`);
  }

  /** Epochs end at 32 767 (KIP-360). InitProducerId with our id and epoch gives a new producer id in time. */
  async #renewWornOutEpoch(): Promise<void> {
    if (this.#producerEpoch < producerEpochMax) return;
    const code = await this.#initProducerId(this.#producerId, this.#producerEpoch, Infinity);
    // A lost epoch shows again in the next transaction, which deals with it.
    if (code === 'NONE' || decideTransaction('init-txn', code) === 'lost-epoch') return;
    throw new TransactionError('fatal', code, `renewing the epoch of ${this.identity.transactionalId}`);
  }

  /** Adopts the id and epoch of the answer. Resolves with NONE or the error. */
  async #initProducerId(producerId: bigint, producerEpoch: number, timeoutMs: number): Promise<ErrorCode> {
    const { transactionalId, transactionTimeoutMs, signal, markers } = this.#options;
    const onAnswer = (code: ErrorCode): void => markers.note(code);
    const answer = await callCoordinator(
      this.#cluster,
      this.#connections,
      { kind: 'transaction', key: transactionalId, role: 'init-txn', timeoutMs, signal, onAnswer },
      initProducerIdRequest,
      ({ errorCode }) => errorName(errorCode),
      (): Parameters<typeof initProducerIdRequest.encode> => [
        transactionalId,
        transactionTimeoutMs,
        producerId,
        producerEpoch,
      ],
    );
    if (answer.errorCode === 0) {
      this.#producerId = answer.producerId;
      this.#producerEpoch = answer.producerEpoch;
    }
    return errorName(answer.errorCode);
  }
}
