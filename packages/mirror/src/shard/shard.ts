import { setTimeout as sleep } from 'node:timers/promises';
import { FencedRepeatedly, KafkaError, TransactionError, type TransactionSession } from '@penstock/kafka';
import { LedgerError, readLinkLedger, takeOverShard, type LedgerState } from '@penstock/ledger';
import type { CopiedPartition } from '../copy/copied-partition.ts';
import { MirrorError } from '../errors.ts';
import { dropReason, ShardCopy } from './shard-copy.ts';
import type { ShardOptions } from './shard-options.ts';

const backoffMaxMs = 2_000;

/** Begins to own a shard: takes it over and copies until `stop` or `drop`. */
export function startShard(options: ShardOptions): Shard {
  return new Shard(options);
}

/**
 * The life of a shard in this process: take over and copy; after a failure, read the ledger again and copy
 * on. Everything that it knows of positions comes from the ledger, read after the last thing that could have
 * changed it.
 */
export class Shard {
  readonly index: number;
  readonly #o: ShardOptions;
  readonly #stopping = new AbortController();
  readonly #fencings = new FencedRepeatedly();
  readonly #ended: Promise<void>;
  #session: TransactionSession | undefined;
  #copy: ShardCopy | undefined;
  #idleBecause: string | undefined = 'being taken over';
  #tries = 0;
  /** Where the ledger ended when it was last read. */
  #ledgerReadTo: bigint | undefined;

  constructor(options: ShardOptions) {
    this.index = options.shard;
    this.#o = options;
    this.#ended = this.#live();
  }

  /** Commits what is open and ends: settles after the answer to EndTxn. Never rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort('stop');
    await this.#ended;
  }

  /**
   * Ends without another commit: the shard belongs to somebody else. Never rejects, and takes 5 s at most.
   */
  async drop(): Promise<void> {
    this.#stopping.abort(dropReason);
    // An abort waits for its answer as long as a commit. Here the next owner's takeover aborts as well.
    const timer = setTimeout(() => void this.#closeSession(), 5_000);
    await this.#ended;
    clearTimeout(timer);
  }

  /** With the ends of the source as they were last heard. */
  partitionsNow(): readonly CopiedPartition[] {
    this.#copy?.hearSource();
    return [...(this.#copy?.partitions.values() ?? [])];
  }

  /** Source partitions that the link's ranges have no room for. */
  get withoutRoom(): readonly string[] {
    return this.#copy?.withoutRoom ?? [];
  }

  /** How long its transactional id has been held up by its own transaction before, ms. */
  get markersWaitMs(): number {
    return this.#session?.markersWaitMs ?? 0;
  }

  /** Why nothing is copied; undefined while it is. */
  get idleBecause(): string | undefined {
    return this.#idleBecause;
  }

  async #live(): Promise<void> {
    try {
      for (let over = false; !over && !this.#stopping.signal.aborted;) over = await this.#liveOnce();
    } catch (error) {
      if (this.#stopping.signal.reason !== dropReason) this.#o.fail(error);
      else this.#o.log.warn({ shard: this.index, error }, 'shard dropped in the middle of a failure');
    } finally {
      await this.#closeSession();
    }
  }

  /**
   * From one reading of the ledger to the next. True: this process has no more to do for the shard. Throws
   * what an operator has to mend.
   */
  async #liveOnce(): Promise<boolean> {
    try {
      const { session, state } = await this.#begin();
      this.#explainFencings(state);
      using copy = new ShardCopy(this.#o, session, state, this.#copy);
      this.#copy = copy;
      this.#idleBecause = undefined;
      await copy.run(this.#stopping.signal, () => {
        this.#tries = 0;
        this.#fencings.committed();
      });
      if (this.#stopping.signal.reason === dropReason) await session.abort();
      return true;
    } catch (error) {
      // Stopped while it was being taken over: nothing was begun.
      if (this.#stopping.signal.aborted && error === this.#stopping.signal.reason) return true;
      return this.#recover(error);
    }
  }

  /**
   * With a session of its own the shard is owned, and a commit that failed is decided: its ledger may be
   * read.
   */
  async #begin(): Promise<{ session: TransactionSession; state: LedgerState }> {
    const { link, shard, config, log, metrics } = this.#o;
    const session = this.#session;
    const { signal } = this.#stopping;
    if (session !== undefined) {
      return { session, state: await readLinkLedger(link.target, link.identity, shard, { signal }) };
    }
    const { transactionTimeoutMs } = config;
    const taken = await takeOverShard(link.target, link.identity, shard, { transactionTimeoutMs, signal });
    this.#session = taken.session;
    metrics.takeovers.add(1);
    log.info({ shard, positions: taken.state.positions.length }, 'shard taken over');
    return taken;
  }

  /** True: this process has no more to do for the shard. Throws what an operator has to mend. */
  async #recover(error: unknown): Promise<boolean> {
    const { metrics, log, shard } = this.#o;
    this.#idleBecause = error instanceof Error ? error.message : String(error);
    if (error instanceof TransactionError) {
      metrics.transactions.add(1, error.outcome === 'fatal' ? 'failed' : error.outcome);
      const { outcome, code } = error;
      const isOfOne = this.#pauseTheOneConcerned(error, 'target');
      if (outcome === 'fatal' && !isDenied(error) && !isOfOne) throw error;
      log.warn({ shard, outcome, code, error }, 'transaction did not end as asked');
      if (outcome === 'fenced') return this.#onFenced(error);
      if (outcome === 'fatal') await this.#closeSession();
      else this.#copy?.learnFrom(error);
    } else if (error instanceof KafkaError && this.#pauseOneOrRetry(error)) {
      log.warn({ shard, code: error.code, error }, 'Kafka refuses or is away; will be tried again');
      const failure = await this.#abortOpen();
      if (failure !== undefined) return this.#recover(failure);
    } else if (error instanceof LedgerError && error.retryable) {
      log.error({ shard, error }, 'the end of the ledger is hidden: nothing is copied; will be read again');
    } else {
      throw error;
    }
    if (this.#stopping.signal.aborted) return true;
    await this.#backOff(Math.min(backoffMaxMs, 50 * 2 ** this.#tries));
    this.#tries += 1;
    return false;
  }

  /** Whether it goes on: false for what only an operator can mend. */
  #pauseOneOrRetry(error: KafkaError): boolean {
    return error.retryable || isDenied(error) || this.#pauseTheOneConcerned(error, 'source');
  }

  /**
   * Pauses the one partition that the error is about; false when it is about all. What a broker says of this
   * process, or of its requests, is about all of them, though it is answered for each.
   */
  #pauseTheOneConcerned(error: KafkaError | TransactionError, side: 'source' | 'target'): boolean {
    if (error.partition === undefined || isDenied(error) || codesAboutUs.test(error.code)) return false;
    return this.#copy?.failFor(error.partition, side, error) ?? false;
  }

  /** A failure leaves its transaction open. It must be gone before the ledger is read again. */
  async #abortOpen(): Promise<TransactionError | undefined> {
    try {
      await this.#session?.abort();
      return undefined;
    } catch (error) {
      if (error instanceof TransactionError) return error;
      throw error;
    }
  }

  /**
   * Somebody took the transactional id: another process by the group's word, a command such as `mirror
   * resume`, or somebody by mistake. Only a heartbeat that is answered after this moment says whether the
   * shard is still ours. Without it, two owners would fence each other for ever.
   */
  async #onFenced(error: TransactionError): Promise<boolean> {
    await this.#closeSession();
    const fencing = this.#fencings.fenced();
    if (fencing.kind === 'shared') {
      const message =
        `Shard ${this.index} was taken away ${fencing.inARow} times in a row: ` +
        'two mirrors share an identity, or work past the group';
      throw new MirrorError('IDENTITY_SHARED', message, { cause: error });
    }
    const stopped = new Promise<false>((resolve) => {
      if (this.#stopping.signal.aborted) resolve(false);
      this.#stopping.signal.addEventListener('abort', () => resolve(false), { once: true });
    });
    // A drop waits for this shard to end, and heartbeats wait for the drop. So both are waited for, not the
    // heartbeat alone.
    if (!(await Promise.race([this.#o.stillAssigned(), stopped]))) {
      this.#idleBecause = 'taken by another process';
      return true;
    }
    await this.#backOff(fencing.backoffMs);
    return false;
  }

  /**
   * Each answer of an operator fences the owner once. Any number of them, one after the other, is no sign of
   * a second mirror.
   */
  #explainFencings({ answers, end }: LedgerState): void {
    const readTo = this.#ledgerReadTo;
    if (readTo !== undefined) this.#fencings.explained(answers.filter((offset) => offset >= readTo).length);
    this.#ledgerReadTo = end;
  }

  async #closeSession(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    await session[Symbol.asyncDispose]();
  }

  /** With jitter, and over at once when the shard is to end. */
  async #backOff(waitMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await sleep(waitMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
  }
}

const codesAboutUs = /AUTHORIZATION_FAILED$|^UNSUPPORTED_VERSION$|^INVALID_REQUEST$|^INVALID_REQUIRED_ACKS$/;

/** An ACL of a topic is missing: the next survey pauses what it concerns, and the rest goes on. */
function isDenied({ code }: { code: string }): boolean {
  return code === 'TOPIC_AUTHORIZATION_FAILED';
}
