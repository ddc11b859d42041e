import { producerEpochMax } from '../bytes/sequence.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { errorName } from '../cluster/errors.ts';
import type { ErrorCode } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { endTxnRequest, initProducerIdRequest } from '../requests/transaction.ts';
import { callCoordinator } from './coordinator-call.ts';
import { TransactionError } from './errors.ts';
import { judgeTransaction } from './judge-transaction.ts';
import type { MarkersWait } from './markers-wait.ts';

export interface TransactionalIdOptions {
  transactionalId: string;
  transactionTimeoutMs: number;
  /** Ends every wait. */
  signal: AbortSignal;
  markers: MarkersWait;
}

/** A service that starts may be told that Kafka is away; one that is in the middle of something waits like EndTxn. */
const takeOverMs = 60_000;

/** What this process knows of its transactional id: the producer id and the epoch that its next write must carry. */
export class TransactionalId {
  readonly #cluster: Cluster;
  readonly #link: Link;
  readonly #options: TransactionalIdOptions;
  #producerId = -1n;
  #producerEpoch = -1;

  constructor(cluster: Cluster, link: Link, options: TransactionalIdOptions) {
    this.#cluster = cluster;
    this.#link = link;
    this.#options = options;
  }

  get identity(): { transactionalId: string; producerId: bigint; producerEpoch: number } {
    const { transactionalId } = this.#options;
    return { transactionalId, producerId: this.#producerId, producerEpoch: this.#producerEpoch };
  }

  /** InitProducerId(-1, -1): fences whoever has the id, aborts what is open. Throws TransactionError 'fatal'. */
  async takeOver(): Promise<void> {
    const code = await this.#initProducerId(-1n, -1, takeOverMs);
    if (code !== 'NONE')
      throw new TransactionError('fatal', code, `taking ${this.identity.transactionalId} over`);
  }

  /**
   * Sends EndTxn until a definite answer comes: nobody aborts or goes on from memory after a commit was sent. Throws
   * TransactionError when the transaction ended otherwise than asked, or nobody can say how.
   */
  async end(commit: boolean): Promise<void> {
    const { transactionalId, producerId, producerEpoch } = this.identity;
    const answer = await callCoordinator(
      this.#cluster,
      this.#link,
      {
        kind: 'transaction',
        key: transactionalId,
        role: 'end-txn',
        deadlineMs: Infinity,
        signal: this.#options.signal,
        onAnswer: (code) => this.#options.markers.note(code),
      },
      endTxnRequest,
      ({ code }) => code,
      () => [transactionalId, producerId, producerEpoch, commit],
    );
    const judgement = judgeTransaction('end-txn', answer.code);
    if (judgement === 'fatal')
      throw new TransactionError('fatal', answer.code, `EndTxn of ${transactionalId}`);
    // INVALID_TXN_STATE and lost epochs: what happened is only known after asking with the own epoch.
    if (judgement !== 'done') return this.recover(`${answer.code} from EndTxn`);
    this.#producerId = answer.producerId;
    this.#producerEpoch = answer.producerEpoch;
    await this.#renewWornOutEpoch();
  }

  /**
   * InitProducerId(own id, own epoch): accepted, the transaction was mine and is aborted (it had timed out); refused,
   * another owner has the id. With (-1, -1) here two owners would fence each other for ever. Even so the question costs
   * the other owner the transaction it may have open: the coordinator (4.2.1) aborts an ongoing one before it looks at
   * the epoch. The owner meets that as 'aborted', once per fenced zombie, and does the work again.
   */
  async recover(because: string): Promise<never> {
    const { transactionalId, producerId, producerEpoch } = this.identity;
    const code = await this.#initProducerId(producerId, producerEpoch, Infinity);
    if (code === 'NONE') {
      const what = `the transaction of ${transactionalId} had ended without us (${because})`;
      throw new TransactionError('aborted', 'TIMEOUT', what);
    }
    const outcome = judgeTransaction('init-txn', code) === 'lost-epoch' ? 'fenced' : 'fatal';
    throw new TransactionError(outcome, code, `recovering ${transactionalId} after ${because}`);
  }

  /** Epochs end at 32 767 (KIP-360): the own id and epoch give a new id in time. */
  async #renewWornOutEpoch(): Promise<void> {
    if (this.#producerEpoch < producerEpochMax) return;
    const code = await this.#initProducerId(this.#producerId, this.#producerEpoch, Infinity);
    // A lost epoch is met again by the next transaction, and judged there.
    if (code === 'NONE' || judgeTransaction('init-txn', code) === 'lost-epoch') return;
    throw new TransactionError('fatal', code, `renewing the epoch of ${this.identity.transactionalId}`);
  }

  /** Adopts the answered pair; answers NONE or the error. */
  async #initProducerId(producerId: bigint, producerEpoch: number, deadlineMs: number): Promise<ErrorCode> {
    const { transactionalId, transactionTimeoutMs, signal, markers } = this.#options;
    const onAnswer = (code: ErrorCode): void => markers.note(code);
    const answer = await callCoordinator(
      this.#cluster,
      this.#link,
      { kind: 'transaction', key: transactionalId, role: 'init-txn', deadlineMs, signal, onAnswer },
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
