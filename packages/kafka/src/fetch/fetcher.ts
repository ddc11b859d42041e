import type { Cluster, Log } from '../cluster/cluster.ts';
import { partitionName } from '../topic-partition.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { errorName, KafkaError } from '../errors/errors.ts';
import { backoffMs } from '../errors/retrying.ts';
import { wait } from '../errors/wait.ts';
import { fetchRequest } from '../requests/fetch.ts';
import type { FetchedPartition, FetchRequest } from '../requests/fetch.ts';
import { Arrivals } from './arrivals.ts';
import { buildFetch } from './build-fetch.ts';
import { confirmOutOfRange, confirmRecreated } from './confirm-position.ts';
import type { Confirm } from './confirm-position.ts';
import type { Fetched, PositionProblem } from './fetched.ts';
import { fetcherDefaults } from './fetcher-options.ts';
import type { FetcherOptions, NextOptions, PartitionMarks } from './fetcher-options.ts';
import { Frame, FramePool, partBytes } from './frame-pool.ts';
import { PartitionCursor } from './partition-cursor.ts';
import type { FetchPosition } from './partition-cursor.ts';
import { planFetches } from './plan-fetches.ts';
import { Prefetched } from './prefetched.ts';
import { takeAnswer } from './take-answer.ts';

/**
 * Fetches assigned partitions ahead of the caller.
 *
 *     using fetcher = startFetcher(cluster, { isolation: 'read_committed' });
 *     fetcher.assign('events.raw', 0, { offset: 42n, lastFetchedEpoch: -1 });
 *     for (const fetched of await fetcher.next()) ...
 */
export function startFetcher(cluster: Cluster, options: FetcherOptions): Fetcher {
  return new Fetcher(cluster, options);
}

interface Asked {
  cursor: PartitionCursor;
  offset: bigint;
}

/**
 * Sends one request at a time to each leader, on connections that nothing else uses: a broker serves one
 * request of a connection at a time, and a fetch waits there for records. Each request carries all partitions
 * of that leader, so none waits behind another's long poll. A partition that is assigned or resumed meanwhile
 * joins the next request, within `maxWaitMs`.
 *
 * Moved leaders, restarted brokers and broken connections are retried with backoff, and the caller does not
 * notice. A position that cannot be continued is reported as `Fetched.problem`.
 */
export class Fetcher implements AsyncDisposable, Disposable {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<FetcherOptions, 'log'>>;
  readonly #log: Log;
  readonly #connections: BrokerConnections;
  readonly #cursors = new Map<string, PartitionCursor>();
  readonly #pool: FramePool;
  readonly #prefetched: Prefetched;
  readonly #arrivals = new Arrivals();
  /** Brokers with a request in flight. */
  readonly #busy = new Set<number>();
  readonly #broken = new Map<number, { tries: number; until: number }>();
  readonly #closing = new AbortController();
  #turn = 0;
  #planned: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #refreshing = false;
  #refreshTries = 0;
  #failure: Error | undefined;

  constructor(cluster: Cluster, options: FetcherOptions) {
    const { log = cluster.log, ...rest } = options;
    this.#cluster = cluster;
    this.#log = log;
    this.#options = { ...fetcherDefaults, ...rest };
    const { prefetchBytes } = this.#options;
    this.#pool = new FramePool(prefetchBytes);
    this.#prefetched = new Prefetched(prefetchBytes, this.#pool);
    this.#connections = cluster.connectionsFor('fetch');
  }

  /** Starts fetching a partition, or moves it: what was fetched of it before is dropped. */
  assign(topic: string, partition: number, at: FetchPosition): void {
    this.unassign(topic, partition);
    this.#cursors.set(partitionName(topic, partition), new PartitionCursor(topic, partition, at));
    this.#plan();
  }

  /** From now on `next` returns nothing of it. */
  unassign(topic: string, partition: number): void {
    const key = partitionName(topic, partition);
    const cursor = this.#cursors.get(key);
    if (cursor) this.#prefetched.drop(cursor);
    this.#cursors.delete(key);
  }

  /** From now on `next` passes it over. What was fetched of it is kept until others need the room. */
  pause(topic: string, partition: number): void {
    const cursor = this.#cursors.get(partitionName(topic, partition));
    if (cursor) cursor.paused = true;
    this.#plan();
  }

  resume(topic: string, partition: number): void {
    const cursor = this.#cursors.get(partitionName(topic, partition));
    if (!cursor) return;
    cursor.paused = false;
    if (this.#prefetched.ready) this.#arrivals.ring();
    this.#plan();
  }

  /**
   * Offsets of a partition by the last answer, even one without records: for lag. They are -1n before the
   * first.
   */
  marks(topic: string, partition: number): PartitionMarks | undefined {
    const cursor = this.#cursors.get(partitionName(topic, partition));
    if (!cursor) return undefined;
    const { handedOffset, highWatermark, lastStableOffset, logStartOffset, answeredAt } = cursor;
    return { position: handedOffset, highWatermark, lastStableOffset, logStartOffset, answeredAt };
  }

  /** Bytes of the prefetch budget that are in use. */
  get heldBytes(): number {
    return this.#pool.heldBytes;
  }

  /**
   * What has arrived, in order within each partition; a partition may occur more than once. The views stay
   * valid until the caller releases them (see `Fetched`). What the caller keeps counts in the prefetch budget
   * until the next call of `next`; after that the caller must limit it.
   *
   * One call at a time. Throws what no retry mends, such as KafkaError TOPIC_AUTHORIZATION_FAILED. The
   * fetcher cannot be used after that.
   */
  async next(options: NextOptions = {}): Promise<Fetched[]> {
    if (this.#arrivals.isAwaited) throw new Error('next() is called while another call still waits');
    const { maxWaitMs, signal, bytesMax = Infinity } = options;
    this.#prefetched.uncountHanded();
    this.#plan();
    if (!this.#prefetched.ready && !this.#over(signal)) await this.#arrivals.next(maxWaitMs, signal);
    if (this.#failure) throw this.#failure;
    return this.#over(signal) ? [] : this.#prefetched.take(bytesMax);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearImmediate(this.#planned);
    clearTimeout(this.#timer);
    this.#connections[Symbol.dispose]();
    this.#cursors.clear();
    this.#arrivals.ring();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  #over(signal: AbortSignal | undefined): boolean {
    return this.#closing.signal.aborted || this.#failure !== undefined || signal?.aborted === true;
  }

  /**
   * Works at the end of this turn of the event loop, so that partitions assigned together share a request.
   */
  #plan(): void {
    if (this.#closing.signal.aborted) return;
    this.#planned ??= setImmediate(() => {
      this.#planned = undefined;
      this.#work();
    });
  }

  #work(): void {
    this.#prefetched.makeRoom();
    const now = performance.now();
    const plan = planFetches(this.#cursors.values(), {
      now,
      partitionPrefetchBytes: this.#options.partitionPrefetchBytes,
      topicOf: (name) => this.#cluster.knownTopic(name),
      brokenUntil: (node) => this.#broken.get(node)?.until ?? 0,
    });
    if (plan.needsMetadata) void this.#refresh();
    for (const cursor of plan.doubtful) void this.#confirm(cursor, confirmRecreated);
    for (const [node, cursors] of plan.byNode) {
      if (this.#busy.has(node) || this.#prefetched.full) continue;
      void this.#fetch(node, cursors, this.#request(cursors, plan.byNode.size, plan.isOneFull));
    }
    clearTimeout(this.#timer);
    if (plan.wakeAt === Infinity) return;
    this.#timer = setTimeout(() => this.#plan(), Math.max(1, plan.wakeAt - now));
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    const topics = new Set([...this.#cursors.values()].map((cursor) => cursor.topic));
    try {
      if (this.#refreshTries > 0) await wait(backoffMs(this.#refreshTries - 1), this.#closing.signal);
      this.#refreshTries++;
      await this.#cluster.refresh(...topics);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (!(error instanceof KafkaError) || !error.retryable) this.#fail(error);
      else this.#log.warn({ error }, 'metadata could not be read; will be tried again');
    } finally {
      this.#refreshing = false;
      this.#plan();
    }
  }

  async #fetch(node: number, cursors: readonly PartitionCursor[], request: FetchRequest): Promise<void> {
    this.#busy.add(node);
    const asked = new Map<string, Asked>();
    for (const cursor of cursors)
      asked.set(`${cursor.topicId}-${cursor.partition}`, { cursor, offset: cursor.offset });
    const frame = new Frame(this.#pool, request.maxBytes + answerOverheadBytes);
    const memoryFor = (bytes: number): Buffer | undefined => frame.memoryFor(bytes);
    try {
      const response = await this.#connections.callInto(memoryFor, node, fetchRequest, request);
      if (response.errorCode !== 0)
        throw new KafkaError(errorName(response.errorCode), `fetch from broker ${node}`);
      this.#onWorking(node);
      this.#refreshTries = 0;
      const kept = response.partitions.map(({ records }) => records.length && records.length + partBytes);
      frame.arrived(kept.reduce((sum, bytes) => sum + bytes, 0));
      for (const answer of response.partitions) {
        const found = asked.get(`${answer.topicId}-${answer.partition}`);
        if (found && this.#isCurrent(found)) this.#take(found.cursor, answer, frame);
      }
      frame.release();
    } catch (error) {
      // Nobody knows how much of the answer still arrives, so its memory is not reused: it is left to the
      // collector.
      this.#onBroken(node, cursors, error);
    } finally {
      frame.uncount();
      this.#busy.delete(node);
      if (this.#prefetched.ready) this.#arrivals.ring();
      this.#plan();
    }
  }

  /** The partition was not unassigned, moved or rewound while the answer was under way. */
  #isCurrent({ cursor, offset }: Asked): boolean {
    const key = partitionName(cursor.topic, cursor.partition);
    return this.#cursors.get(key) === cursor && cursor.offset === offset && cursor.state === 'fetching';
  }

  #request(cursors: readonly PartitionCursor[], nodes: number, isOneFull: boolean): FetchRequest {
    const { responseMaxBytes, prefetchBytes, isolation, ...limits } = this.#options;
    const leaderEpochOf = (cursor: PartitionCursor): number =>
      this.#cluster.knownTopic(cursor.topic)?.partitions[cursor.partition]?.leaderEpoch ?? -1;
    return buildFetch(cursors, this.#turn++, leaderEpochOf, {
      ...limits,
      maxWaitMs: isOneFull ? Math.min(fullWaitMs, limits.maxWaitMs) : limits.maxWaitMs,
      maxBytes: Math.max(1, Math.min(responseMaxBytes, Math.floor(prefetchBytes / 2 / nodes))),
      readCommitted: isolation === 'read_committed',
    });
  }

  #take(cursor: PartitionCursor, answer: FetchedPartition, frame: Frame): void {
    const { topic, partition } = cursor;
    if (answer.errorCode !== 0 && answer.leader)
      this.#cluster.leaderHint(topic, partition, answer.leader.id, answer.leader.epoch);
    const outcome = takeAnswer(cursor, answer, this.#options.isolation === 'read_committed');
    switch (outcome.kind) {
      case 'nothing':
        return;
      case 'batches':
        return this.#prefetched.push(cursor, cursor.fetched(outcome.read, answer.records.length, frame));
      case 'unreadable':
        return this.#onUnreadable(cursor, outcome);
      case 'problem':
        return this.#tell(cursor, outcome.problem);
      case 'doubt':
        return void this.#confirm(cursor, outcome.confirm);
      case 'later':
        cursor.retryLater();
        if (outcome.refresh) void this.#refresh();
        return;
      case 'failure':
        return this.#fail(outcome.error);
    }
  }

  #onUnreadable(cursor: PartitionCursor, found: { what: string; oldFormatEnd?: bigint }): void {
    const { what, oldFormatEnd } = found;
    const { topic, partition, offset } = cursor;
    this.#log.error({ topic, partition, offset: String(offset), what }, 'a batch cannot be read');
    cursor.backToLeader();
    cursor.retryLater();
    if (++cursor.corruptTries < corruptTriesMax) return;
    const detail = `${topic} ${partition} at ${offset}: ${what}`;
    const kind = oldFormatEnd === undefined ? 'corrupt' : 'old-format';
    this.#tell(cursor, { kind, from: offset, to: oldFormatEnd ?? offset, detail });
  }

  async #confirm(cursor: PartitionCursor, confirm: Confirm): Promise<void> {
    cursor.state = 'confirming';
    try {
      const problem = await confirm(this.#cluster, cursor, this.#closing.signal);
      if (problem) this.#tell(cursor, problem);
      // The offset is in the log, so it is the epoch that the broker does not find: continue without one.
      else if (confirm === confirmOutOfRange && ++cursor.refusals > 1) cursor.lastEpoch = -1;
    } catch (error) {
      if (!this.#closing.signal.aborted && (!(error instanceof KafkaError) || !error.retryable))
        this.#fail(error);
    }
    if (cursor.state === 'confirming') cursor.state = 'fetching';
    cursor.retryLater();
    this.#plan();
  }

  /** The last thing that the caller gets of the partition. */
  #tell(cursor: PartitionCursor, problem: PositionProblem): void {
    cursor.state = 'ended';
    if (this.#cursors.get(partitionName(cursor.topic, cursor.partition)) !== cursor) return;
    const { topic, partition } = cursor;
    this.#log.error(
      { topic, partition, ...problem, from: String(problem.from), to: String(problem.to) },
      'position problem',
    );
    this.#prefetched.push(cursor, cursor.ended(problem));
    this.#arrivals.ring();
  }

  #onBroken(node: number, cursors: readonly PartitionCursor[], error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (!(error instanceof KafkaError) || !error.retryable) {
      this.#fail(error);
      return;
    }
    const tries = (this.#broken.get(node)?.tries ?? 0) + 1;
    this.#broken.set(node, { tries, until: performance.now() + backoffMs(tries) });
    for (const cursor of cursors) cursor.backToLeader();
    // Said once: an outage of 18 s made 70 lines.
    if (tries === 1) this.#log.warn({ node, code: error.code }, 'fetch failed; tried again until it works');
    void this.#refresh();
  }

  #onWorking(node: number): void {
    const broken = this.#broken.get(node);
    if (broken === undefined) return;
    this.#broken.delete(node);
    this.#log.info({ node, tries: broken.tries }, 'fetch works again');
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#arrivals.ring();
  }
}

const corruptTriesMax = 5;
/**
 * A partition that is left out, because enough of it waits, may be wanted again soon: the long poll of the
 * others is short.
 */
const fullWaitMs = 20;
/** What an answer has around its records. A larger answer gets memory that is not reused. */
const answerOverheadBytes = 256 * 1024;
