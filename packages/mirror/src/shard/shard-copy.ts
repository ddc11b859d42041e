import { setTimeout as sleep } from 'node:timers/promises';
import {
  encodeBatch,
  isSamePartition,
  KafkaError,
  partitionName,
  startFetcher,
  TransactionError,
  type Fetched,
  type Fetcher,
  type OutgoingRecord,
  type Poison,
  type TopicPartition,
  type TransactionSession,
} from '@penstock/kafka';
import {
  ledgerEnd,
  positionsRecord,
  targetPartitionOf,
  type LedgerState,
  type PartitionPosition,
  type PauseFinding,
} from '@penstock/ledger';
import { CommitBudget } from '../copy/commit-budget.ts';
import { commitWaitMs } from '../copy/commit-pace.ts';
import { CopiedPartition } from '../copy/copied-partition.ts';
import { copyFetched, type Appended } from '../copy/copy-fetched.ts';
import { fetchSizes, pieceMs } from '../copy/fetch-sizes.ts';
import { PendingPairs } from '../copy/pending-pairs.ts';
import { refusedRange } from '../copy/refused-range.ts';
import { firstRestedAt, restStuck } from '../copy/rest-stuck.ts';
import type { TopicState } from '../link/topic-states.ts';
import { pairsTopicOf, rejectedTopicOf } from '../names.ts';
import { wallClockMs } from '../wall-clock.ts';
import type { ShardOptions } from './shard-options.ts';
import { surveyShard } from './survey-shard.ts';

/** Aborting `run` with this: the shard is somebody else's already, nothing more is committed. */
export const dropReason = 'drop';

/**
 * One shard between two readings of its ledger. What it knows of positions is right until a commit fails.
 * Then it is thrown away, and another one begins from what Kafka has.
 *
 * If the process dies, on each line of a round:
 * - fetching, appending: the transaction is open. The next owner's takeover, or the timeout, aborts it;
 *   nobody who reads committed ever sees it. The ledger has the position before it, so all of it is copied
 *   again: once.
 * - positions appended, EndTxn not yet sent: the same.
 * - EndTxn sent: the coordinator's log decides. If committed, copies and positions are both visible, and the
 *   next owner goes on after them. If not, neither is visible. There is no third case.
 * - after the answer: only memory is lost, with the pairs that were not written yet. A translation of
 *   offsets is coarser there.
 */
export class ShardCopy implements Disposable {
  readonly partitions = new Map<string, CopiedPartition>();
  readonly #o: ShardOptions;
  readonly #session: TransactionSession;
  readonly #state: LedgerState;
  readonly #fetcher: Fetcher;
  readonly #pairs = new PendingPairs();
  readonly #budget: CommitBudget;
  #appended: Appended[] = [];
  /** References that go into the open transaction; undefined: oversize records pause their partition. */
  #rejected: OutgoingRecord[] | undefined;
  /**
   * What the open transaction was made of. It is sent from there, perhaps again, until the commit is
   * answered.
   */
  #unreleased: Fetched[] = [];
  #withoutRoom: readonly string[] = [];
  #topicStates: ReadonlyMap<string, TopicState> = new Map();
  /** The moment when the open transaction began; undefined: none is open. */
  #openAt: number | undefined;
  #surveyAt = -Infinity;
  /** Where the ledger ends by our own commits; undefined: not known. */
  #ledgerEnd: bigint | undefined;

  /**
   * `before`: the one that failed. What it learned about single partitions is kept, its positions are not.
   */
  constructor(
    o: ShardOptions,
    session: TransactionSession,
    state: LedgerState,
    before: ShardCopy | undefined,
  ) {
    this.#o = o;
    this.#session = session;
    this.#state = state;
    const { commitBytes, transactionTimeoutMs } = o.config;
    this.#budget =
      before === undefined ? new CommitBudget(commitBytes, transactionTimeoutMs) : before.#budget;
    this.#rejected = o.config.oversize === 'reject' ? [] : undefined;
    this.#fetcher = startFetcher(o.link.source, {
      isolation: 'read_committed',
      ...fetchSizes(o.config.prefetchBytes, o.bandwidth, this.#budget.bytes),
      log: o.log,
    });
    this.#ledgerEnd = state.end;
    this.#withoutRoom = before?.withoutRoom ?? [];
    for (const position of state.positions) this.#adopt(position, before);
  }

  /** Source partitions that have no target partition in the ranges of the link. */
  get withoutRoom(): readonly string[] {
    return this.#withoutRoom;
  }

  /** Copies until the signal, then commits what is open. `committed` is called after each commit. */
  async run(signal: AbortSignal, committed: () => void): Promise<void> {
    while (!signal.aborted) {
      if (performance.now() >= this.#surveyAt) {
        if (await this.#commit('and-pairs')) committed();
        await this.#survey();
      }
      const waitMs = this.#waitMs();
      if (waitMs <= 0) {
        if (await this.#commit()) committed();
        continue;
      }
      const throttledMs = this.#openAt === undefined ? this.#session.throttledForMs : 0;
      if (throttledMs > 0) {
        await sleepUnlessAborted(Math.min(throttledMs, waitMs), signal);
        continue;
      }
      if (await this.#heldBack(waitMs, signal)) continue;
      const bytesMax = this.#o.bandwidth.atMost(this.#budget.bytes, pieceMs);
      const arrived = await this.#fetcher.next({ maxWaitMs: waitMs, signal, bytesMax });
      for (const fetched of arrived) this.#take(fetched);
    }
    if (signal.reason !== dropReason && (await this.#commit('and-pairs'))) committed();
  }

  /** The transaction was aborted because of some partitions. They must not abort it for ever. */
  learnFrom(error: TransactionError): void {
    const { poisons, code } = error;
    if (code === 'THROTTLING_QUOTA_EXCEEDED') this.#budget.failed(this.#appendedBytes);
    for (const poison of poisons) this.#learnRefusal(poison);
    const { link, shard, log } = this.#o;
    const ledger = { topic: link.identity.ledgerTopic, partition: shard };
    restStuck([...this.partitions.values()], ledger, error, log);
  }

  #learnRefusal(poison: Poison): void {
    const refused = this.#appended.filter(({ partition }) => isSamePartition(partition.target, poison))[
      poison.index
    ];
    if (refused?.partition.refuse(poison.code, refused.firstOffset) !== 'final') return;
    const { partition } = refused;
    partition.refusal = refusedRange(refused, poison);
    this.#tell(partition.name, partition.refusal, 'records refused');
  }

  /** A broker answered for one partition what no retry mends. Only that one is paused, and tried later. */
  failFor(failed: TopicPartition, side: 'source' | 'target', error: Error): boolean {
    const concerned = [...this.partitions.values()].filter((each) =>
      isSamePartition(side === 'target' ? each.target : each, failed),
    );
    for (const partition of concerned) {
      const restMs = partition.failFor(`the ${side} answers ${error.message}`);
      this.#o.metrics.pauses.add(1);
      this.#o.log.error({ partition: partition.name, restMs, error }, 'a broker refuses a partition');
    }
    return concerned.length > 0;
  }

  /**
   * Takes over the ends of the source as the fetcher last heard them, also where nothing could be read: an
   * open transaction there is a lag too. It asks nobody.
   */
  hearSource(): void {
    for (const partition of this.partitions.values()) {
      const marks = this.#fetcher.marks(partition.topic, partition.partition);
      if (marks === undefined || marks.highWatermark < 0n || partition.phase !== 'copying') continue;
      const { highWatermark, lastStableOffset, answeredAt } = marks;
      if (answeredAt !== undefined) partition.hears({ highWatermark, lastStableOffset, heardAt: answeredAt });
    }
  }

  [Symbol.dispose](): void {
    this.#fetcher[Symbol.dispose]();
  }

  #adopt(position: PartitionPosition, before: ShardCopy | undefined): void {
    const registered = this.#state.genesis.topics.find(({ name }) => name === position.topic);
    const targetPartition = registered && targetPartitionOf(registered, position.partition);
    if (registered === undefined || targetPartition === undefined) {
      // Ranges only grow and no topic is ever unregistered, so this ledger was not written by this program.
      const name = partitionName(position.topic, position.partition);
      throw new RangeError(`${name} has a position in the ledger, but no target partition in the genesis`);
    }
    const target = { topic: registered.target, partition: targetPartition };
    const partition = new CopiedPartition(position, target, 'in-ledger');
    const earlier = before?.partitions.get(partition.name);
    if (earlier !== undefined) partition.learnFrom(earlier);
    else if (position.pause !== null) this.#tell(partition.name, position.pause, 'partition is still paused');
    this.partitions.set(partition.name, partition);
  }

  /**
   * At a boundary of transactions: new partitions and pauses are in the ledger before anything is copied by
   * them.
   */
  async #survey(): Promise<void> {
    const { link, shard, config, topicStates } = this.#o;
    await this.#refuseForeignLedger();
    const before = new Map([...this.partitions.values()].map((each) => [each, each.pause?.kind]));
    const { genesis } = this.#state;
    const { partitions } = this;
    const surveyedAt = performance.now();
    const survey = await surveyShard({ link, topicStates, shard, genesis, partitions });
    this.#topicStates = survey.states;
    this.#tellWithoutRoom(survey.withoutRoom);
    for (const partition of partitions.values()) {
      if (partition.pause !== null && partition.pause.kind !== before.get(partition))
        this.#onPaused(partition);
      if (partition.phase !== 'copying') this.#fetcher.unassign(partition.topic, partition.partition);
    }
    await this.#commit();
    for (const partition of survey.startable) this.#fetch(partition);
    const nextAt = performance.now() + config.discoveryIntervalMs;
    // A rest that ended meanwhile was not looked at.
    this.#surveyAt = Math.min(nextAt, firstRestedAt(partitions.values(), surveyedAt));
  }

  /**
   * An owner that has nothing to commit does not notice that it was fenced. But `mirror resume` and `mirror
   * init` write to the ledger of such a shard too: then it ends elsewhere than where our commits left it.
   */
  async #refuseForeignLedger(): Promise<void> {
    const { link, shard } = this.#o;
    const end = await ledgerEnd(link.target, link.identity.ledgerTopic, shard);
    this.#ledgerEnd ??= end;
    if (end <= this.#ledgerEnd) return;
    const message = `the ledger of shard ${shard} has another writer`;
    throw new TransactionError('fenced', 'PRODUCER_FENCED', message);
  }

  #fetch(partition: CopiedPartition): void {
    const { topic, next } = partition;
    partition.markCopying();
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
    this.#o.bandwidth.took(fetched.bytes, performance.now());
    this.#openAt ??= performance.now();
    const { problem } = fetched;
    if (problem === undefined) {
      const limits = this.#topicStates.get(partition.topic)?.limits ?? noLimits;
      const open = { session: this.#session, appended: this.#appended, rejected: this.#rejected };
      copyFetched(partition, fetched, limits, open, this.#o.metrics);
    } else {
      partition.pauseFor({ kind: problem.kind, from: problem.from, to: problem.to, detail: problem.detail });
    }
    if (partition.pause === null) return;
    this.#fetcher.unassign(partition.topic, partition.partition);
    this.#onPaused(partition);
  }

  /** Waits as the limit of bytes asks, but not beyond the next commit or survey. Returns whether it did. */
  async #heldBack(waitMs: number, signal: AbortSignal): Promise<boolean> {
    const { bandwidth } = this.#o;
    const from = performance.now();
    const limitedMs = bandwidth.waitMs(from);
    if (limitedMs === 0) return false;
    await sleepUnlessAborted(Math.min(limitedMs, waitMs), signal);
    bandwidth.waited(from, performance.now());
    return true;
  }

  #waitMs(): number {
    const now = performance.now();
    const untilSurveyMs = Math.max(1, this.#surveyAt - now);
    if (this.#openAt === undefined) return untilSurveyMs;
    // What is appended while the brokers throttle waits inside the transaction, which does not live for ever.
    if (this.#session.throttledForMs > 0) return 0;
    const { commitIntervalMs: intervalMs, lagCommitIntervalMs: lagIntervalMs } = this.#o.config;
    const { bytes } = this.#budget;
    const hasMore = this.partitions.values().some((each) => each.phase === 'copying' && each.hasMore);
    const open = { sinceAt: this.#openAt, bytes: this.#session.openBytes, hasMore };
    return Math.min(untilSurveyMs, commitWaitMs(open, { intervalMs, lagIntervalMs, bytes }, now));
  }

  /**
   * Copies, positions and the pairs of the commit before, in one transaction. If nothing moved, nothing is
   * sent, except pairs that wait, when they are to go. Returns whether something was committed. Throws
   * TransactionError.
   */
  async #commit(what?: 'and-pairs'): Promise<boolean> {
    this.#openAt = undefined;
    const moved = [...this.partitions.values()].filter(({ hasMoved }) => hasMoved);
    if (moved.length === 0 && !(what === 'and-pairs' && !this.#pairs.empty)) return false;
    this.#refuseOtherTargets();
    const { link, shard, metrics } = this.#o;
    const startedAt = performance.now();
    const timestampMs = wallClockMs();
    const pairs = this.#pairs.records(timestampMs);
    if (pairs.length > 0) this.#session.append(pairsTopicOf(link.identity.link), shard, encodeBatch(pairs));
    const rejected = this.#rejected?.splice(0) ?? [];
    for (let at = 0; at < rejected.length; at += referencesMax) {
      const references = encodeBatch(rejected.slice(at, at + referencesMax));
      this.#session.append(rejectedTopicOf(link.identity.link), shard, references);
    }
    const { genesisOffset } = this.#state;
    const partitions = [...this.partitions.values()].map(({ next }) => next);
    const positions = positionsRecord(shard, { genesisOffset, partitions }, timestampMs);
    this.#session.append(link.identity.ledgerTopic, shard, encodeBatch([positions]));
    const written = await this.#session.commit();
    const record = written.at(-1)?.baseOffset ?? -1n;
    this.#ledgerEnd = record < 0n ? undefined : record + 2n; // the record, and the marker of the commit
    const now = performance.now();
    for (const partition of moved) partition.wasCommitted(now);
    this.#pairs.clear();
    this.#budget.passed(this.#appendedBytes, this.#session.throttledForMs);
    const committedAtMs = wallClockMs();
    for (const [index, appended] of this.#appended.entries()) {
      this.#learnTarget(appended, written[index]?.baseOffset ?? -1n);
      if (appended.timestampMs < 0) continue;
      // Other machines have dated it: a clock ahead of ours must not make the sum smaller.
      const seconds = Math.max(0, committedAtMs - appended.timestampMs) / 1_000;
      metrics.receiptSeconds.observe(seconds, '', appended.count);
    }
    this.#appended = [];
    for (const fetched of this.#unreleased.splice(0)) fetched.release();
    metrics.rejected.add(rejected.length);
    if (rejected.length > 0) {
      this.#o.log.error({ shard, count: rejected.length }, 'records too large for the target are rejected');
    }
    metrics.transactions.add(1, 'committed');
    metrics.commitSeconds.observe((now - startedAt) / 1000);
    return true;
  }

  /**
   * Produce names topics, not their ids: copies for a topic that was deleted go into the one that was made
   * again under its name, without an error. As soon as the metadata shows it, the open transaction is given
   * up.
   */
  #refuseOtherTargets(): void {
    const { target } = this.#o.link;
    for (const { partition } of this.#appended) {
      const id = target.knownTopic(partition.target.topic)?.id;
      if (id === undefined || id === partition.next.targetTopicId) continue;
      throw new KafkaError('INCONSISTENT_TOPIC_ID', `target topic ${partition.target.topic} was made again`);
    }
  }

  get #appendedBytes(): number {
    return this.#appended.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  #learnTarget({ partition, ...appended }: Appended, baseOffset: bigint): void {
    this.#o.metrics.records.add(appended.count);
    this.#o.metrics.bytes.add(appended.bytes);
    // Negative: the broker knew a batch that was sent again, but no longer where it lies.
    partition.wasWritten(baseOffset < 0n ? undefined : baseOffset + BigInt(appended.count) - 1n);
    if (baseOffset >= 0n) this.#pairs.add({ partition, ...appended }, baseOffset);
  }

  #tellWithoutRoom(names: readonly string[]): void {
    const before = new Set(this.#withoutRoom);
    this.#withoutRoom = names;
    for (const partition of names) {
      if (before.has(partition)) continue;
      this.#o.log.error({ partition }, 'no target partition for it in this link: run mirror init');
    }
  }

  #onPaused({ name, pause }: CopiedPartition): void {
    this.#o.metrics.pauses.add(1);
    if (pause !== null) this.#tell(name, pause, 'partition is paused');
  }

  #tell(partition: string, { kind, from, to, detail }: PauseFinding, message: string): void {
    this.#o.log.error({ partition, kind, from: String(from), to: String(to), detail }, message);
  }
}

/** Until the first survey has read what the target takes, which is before anything is fetched. */
const noLimits = { messageBytesMax: Infinity };

/** In one batch. A reference takes about 400 bytes. */
const referencesMax = 1_000;

async function sleepUnlessAborted(waitMs: number, signal: AbortSignal): Promise<void> {
  await sleep(waitMs, undefined, { signal }).catch(() => undefined);
}
