import {
  encodeBatch,
  startFetcher,
  TransactionError,
  type Fetched,
  type Fetcher,
  type PositionProblem,
  type TxnSession,
} from '@penstock/kafka';
import {
  ledgerEnd,
  positionsRecord,
  targetPartitionOf,
  type LedgerState,
  type PartitionPosition,
  type Pause,
} from '@penstock/ledger';
import { commitWaitMs } from '../copy/commit-pace.ts';
import { CopiedPartition } from '../copy/copied-partition.ts';
import { copyFetched, type Appended } from '../copy/copy-fetched.ts';
import { pairsTopicOf, partitionName } from '../names.ts';
import { PendingPairs } from '../copy/pending-pairs.ts';
import type { ShardOptions } from './shard-options.ts';
import { surveyShard } from './survey-shard.ts';

/** Aborting `run` with this: the shard is somebody else's already, nothing more is committed. */
export const dropReason = 'drop';

/**
 * One shard between two readings of its ledger: what it says of positions is right only until a commit fails. Then it is
 * thrown away, and another begins from what Kafka has.
 *
 * If the process dies, on each line of a round:
 * - fetching, appending: the transaction is open. The next owner's takeover, or the timeout, aborts it; nobody who reads
 *   committed ever sees it. The position in the ledger is the one before it, so all of it is copied again: once.
 * - positions appended, EndTxn not yet sent: the same.
 * - EndTxn sent: the coordinator's log decides. Committed: copies and positions are both visible, and the next owner goes on
 *   behind them. Not: neither is. There is no third.
 * - after the answer: memory only. Pairs that were not written yet are lost; a translation of offsets is coarser there.
 */
export class ShardCopy implements Disposable {
  readonly partitions = new Map<string, CopiedPartition>();
  readonly #o: ShardOptions;
  readonly #session: TxnSession;
  readonly #state: LedgerState;
  readonly #fetcher: Fetcher;
  readonly #pairs = new PendingPairs();
  #appended: Appended[] = [];
  /** What the open transaction was made of: it is sent from there, perhaps again, until the commit is answered. */
  #unreleased: Fetched[] = [];
  readonly #withoutRoom = new Set<string>();
  #openSinceMs: number | undefined;
  #surveyAtMs = 0;
  /** Where the ledger ends by our own commits; undefined: not known. */
  #ledgerEnd: bigint | undefined;

  /** `before`: what came to grief; its lessons about single partitions are kept, its positions are not. */
  constructor(o: ShardOptions, session: TxnSession, state: LedgerState, before: ShardCopy | undefined) {
    this.#o = o;
    this.#session = session;
    this.#state = state;
    const { prefetchBytes } = o.config;
    this.#fetcher = startFetcher(o.link.source, {
      isolation: 'read_committed',
      prefetchBytes,
      responseMaxBytes: Math.min(2 * 1024 * 1024, prefetchBytes / 2),
      log: o.log,
    });
    this.#ledgerEnd = state.end;
    for (const position of state.positions) this.#adopt(position, before);
  }

  /** Copies until the signal, then commits what is open. `committed` is called after each commit. */
  async run(signal: AbortSignal, committed: () => void): Promise<void> {
    while (!signal.aborted) {
      if (Date.now() >= this.#surveyAtMs) {
        if (await this.#commit(true)) committed();
        await this.#survey();
      }
      const waitMs = this.#waitMs();
      if (waitMs <= 0) {
        if (await this.#commit(false)) committed();
        continue;
      }
      for (const fetched of await this.#fetcher.next({ maxWaitMs: waitMs, signal })) this.#take(fetched);
    }
    if (signal.reason !== dropReason && (await this.#commit(true))) committed();
  }

  /** The transaction was aborted because of one partition: it shall not do so for ever. */
  learnFrom({ poison, stuck, code }: TransactionError): void {
    if (poison !== undefined) {
      const ofPartition = this.#appended.filter(
        ({ partition: { target } }) => target.topic === poison.topic && target.partition === poison.partition,
      );
      const refused = ofPartition[poison.index];
      if (refused === undefined) return;
      const { partition, firstOffset, lastOffset } = refused;
      partition.stop = { kind: 'refused', from: firstOffset, to: lastOffset + 1n };
      this.#o.log.error(
        { partition: partition.name, code, from: String(firstOffset) },
        'Target refuses a batch',
      );
    }
    for (const partition of this.partitions.values()) {
      const { target } = partition;
      if (!stuck.some(({ topic, partition: at }) => topic === target.topic && at === target.partition))
        continue;
      partition.restMs = Math.min(60_000, Math.max(5_000, 2 * partition.restMs));
      partition.restUntilMs = Date.now() + partition.restMs;
      this.#o.log.warn(
        { partition: partition.name, code, restMs: partition.restMs },
        'Target partition takes nothing; the others go on',
      );
    }
  }

  /** Ends of the source as last seen, also where nothing could be read: an open transaction there is a lag as well. */
  lookAtSource(): void {
    for (const partition of this.partitions.values()) {
      const marks = this.#fetcher.marks(partition.topic, partition.partition);
      if (marks === undefined || marks.highWatermark < 0n) continue;
      partition.sees(marks.highWatermark, marks.lastStableOffset);
    }
  }

  [Symbol.dispose](): void {
    this.#fetcher[Symbol.dispose]();
  }

  #adopt(position: PartitionPosition, before: ShardCopy | undefined): void {
    const registered = this.#state.genesis.topics.find(({ name }) => name === position.topic);
    const targetPartition = registered && targetPartitionOf(registered, position.partition);
    if (registered === undefined || targetPartition === undefined) {
      // A range only grows and no topic is ever unregistered: this ledger was not written by this program.
      throw new RangeError(
        `${partitionName(position.topic, position.partition)} has no place in the genesis`,
      );
    }
    const target = { topic: registered.target, partition: targetPartition };
    const partition = new CopiedPartition(position, target, 'in-ledger');
    const earlier = before?.partitions.get(partition.name);
    // An operator may have answered meanwhile: what was learned counts for the batch at hand only.
    if (earlier?.stop !== undefined && earlier.stop.from >= position.position) partition.stop = earlier.stop;
    partition.restUntilMs = earlier?.restUntilMs ?? 0;
    partition.restMs = earlier?.restMs ?? 0;
    if (partition.restUntilMs > Date.now()) partition.detail = 'its target partition takes nothing';
    this.partitions.set(partition.name, partition);
  }

  /** At a boundary of transactions: new partitions and pauses are in the ledger before anything is copied by them. */
  async #survey(): Promise<void> {
    const { link, shard, config, log } = this.#o;
    await this.#refuseForeignLedger();
    const pausedBefore = new Set(this.#paused());
    const { startable, withoutRoom } = await surveyShard(link, shard, this.#state.genesis, this.partitions);
    for (const name of withoutRoom) {
      if (this.#withoutRoom.has(name)) continue;
      this.#withoutRoom.add(name);
      log.error(
        { partition: name },
        'No target partition in the range of this link: run mirror init with more',
      );
    }
    for (const partition of this.#paused()) if (!pausedBefore.has(partition)) this.#logPause(partition);
    await this.#commit(false);
    for (const partition of startable) this.#fetch(partition);
    this.#surveyAtMs = Date.now() + config.discoveryIntervalMs;
  }

  /**
   * An owner without anything to commit does not feel that it was fenced. `mirror resume` and `init` write to the ledger of
   * such a shard as well: then it ends elsewhere than where our commits left it.
   */
  async #refuseForeignLedger(): Promise<void> {
    const { link, shard } = this.#o;
    const end = await ledgerEnd(link.target, link.identity.ledgerTopic, shard);
    this.#ledgerEnd ??= end;
    if (end > this.#ledgerEnd) {
      throw new TransactionError(
        'fenced',
        'PRODUCER_FENCED',
        `the ledger of shard ${shard} has another writer`,
      );
    }
  }

  #fetch(partition: CopiedPartition): void {
    const { topic, next } = partition;
    partition.phase = 'copying';
    partition.detail = '';
    this.#fetcher.assign(topic, partition.partition, {
      offset: next.position,
      lastFetchedEpoch: next.leaderEpoch,
      topicId: next.topicId,
    });
  }

  #take(fetched: Fetched): void {
    const partition = this.partitions.get(partitionName(fetched.topic, fetched.partition));
    if (partition === undefined || partition.phase !== 'copying') {
      fetched.release();
      return;
    }
    this.#unreleased.push(fetched);
    this.#openSinceMs ??= Date.now();
    if (fetched.problem === undefined) {
      const open = { session: this.#session, appended: this.#appended };
      copyFetched(partition, fetched, this.#o.limitsOf(partition.target.topic), open, this.#o.metrics);
    } else {
      partition.pause(pauseOf(fetched.problem), fetched.problem.detail);
    }
    if (!partition.isPaused) return;
    this.#fetcher.unassign(partition.topic, partition.partition);
    this.#logPause(partition);
  }

  #waitMs(): number {
    const nowMs = Date.now();
    const untilSurveyMs = Math.max(1, this.#surveyAtMs - nowMs);
    if (this.#openSinceMs === undefined) return untilSurveyMs;
    const {
      commitIntervalMs: intervalMs,
      lagCommitIntervalMs: lagIntervalMs,
      commitBytes: bytes,
    } = this.#o.config;
    const behind = this.partitions
      .values()
      .some((partition) => partition.phase === 'copying' && partition.behind);
    const open = { sinceMs: this.#openSinceMs, bytes: this.#session.openBytes, behind };
    return Math.min(untilSurveyMs, commitWaitMs(open, { intervalMs, lagIntervalMs, bytes }, nowMs));
  }

  /**
   * Copies, positions and the pairs of the commit before, in one transaction. Nothing moved: nothing is sent, but for pairs
   * that wait when `flush`. Answers whether something was committed. Throws TransactionError.
   */
  async #commit(flush: boolean): Promise<boolean> {
    this.#openSinceMs = undefined;
    const moved = [...this.partitions.values()].filter(({ hasMoved }) => hasMoved);
    if (moved.length === 0 && !(flush && !this.#pairs.empty)) return false;
    const { link, shard, metrics } = this.#o;
    const startedMs = Date.now();
    const pairs = this.#pairs.records(startedMs);
    if (pairs.length > 0) this.#session.append(pairsTopicOf(link.identity.link), shard, encodeBatch(pairs));
    const partitions = [...this.partitions.values()].map(({ next }) => next);
    const positions = positionsRecord(
      shard,
      { genesisOffset: this.#state.genesisOffset, partitions },
      startedMs,
    );
    this.#session.append(link.identity.ledgerTopic, shard, encodeBatch([positions]));
    const written = await this.#session.commit();
    const record = written.at(-1)?.baseOffset ?? -1n;
    this.#ledgerEnd = record < 0n ? undefined : record + 2n; // the record, and the marker of the commit
    const nowMs = Date.now();
    for (const partition of moved) partition.isCommitted(nowMs);
    this.#pairs.clear();
    for (const [index, appended] of this.#appended.entries()) {
      this.#learnTarget(appended, written[index]?.baseOffset ?? -1n);
    }
    this.#appended = [];
    for (const fetched of this.#unreleased.splice(0)) fetched.release();
    metrics.transactions.add(1, 'committed');
    metrics.commitSeconds.observe((nowMs - startedMs) / 1000);
    return true;
  }

  #learnTarget(appended: Appended, baseOffset: bigint): void {
    const { partition, count, bytes } = appended;
    this.#o.metrics.records.add(count);
    this.#o.metrics.bytes.add(bytes);
    partition.restMs = 0;
    if (baseOffset < 0n) return; // a resend that the broker knew, but no longer where it lies
    this.#pairs.add(appended, baseOffset);
    partition.next = { ...partition.next, lastTargetOffset: baseOffset + BigInt(count) - 1n };
  }

  #paused(): CopiedPartition[] {
    return [...this.partitions.values()].filter(({ isPaused }) => isPaused);
  }

  #logPause({ name, detail, next: { pause } }: CopiedPartition): void {
    const range = { kind: pause?.kind, from: String(pause?.from), to: String(pause?.to) };
    this.#o.metrics.pauses.add(1);
    this.#o.log.error({ partition: name, ...range, detail }, 'Partition is paused: answer by mirror resume');
  }
}

function pauseOf({ kind, from, to }: PositionProblem): Pause {
  return { kind, from, to };
}
