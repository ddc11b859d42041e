import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster, Log } from '../cluster/cluster.ts';
import { errorName, judge, KafkaError } from '../cluster/errors.ts';
import type { Link } from '../cluster/link.ts';
import { backoffMs } from '../cluster/retrying.ts';
import { partitionKey } from '../positions/topic-partition.ts';
import { fetchRequest } from '../requests/fetch.ts';
import type { FetchedPartition, FetchRequest } from '../requests/fetch.ts';
import { buildFetch } from './build-fetch.ts';
import { confirmOutOfRange, confirmRecreated, truncated } from './confirm-position.ts';
import type { Fetched, PositionProblem } from './fetched.ts';
import { fetcherDefaults } from './fetcher-options.ts';
import type { FetcherOptions, NextOptions, PartitionMarks } from './fetcher-options.ts';
import { PartitionCursor } from './partition-cursor.ts';
import type { FetchPosition } from './partition-cursor.ts';
import { Frame, FramePool, partBytes } from './frame-pool.ts';
import { Prefetched } from './prefetched.ts';
import { visibleBatches } from './visible-batches.ts';

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
 * One request at a time to each leader, on connections of its own: a broker serves one request of a connection at a time, and a fetch waits
 * there for records. Each request carries every partition of that leader, so none waits behind another's long poll; one that is
 * assigned or resumed meanwhile joins the next, within `maxWaitMs`. Moved leaders, restarted brokers and broken connections are retried with
 * backoff and never reach the caller. Positions that cannot be continued are told as `Fetched.problem`.
 */
export class Fetcher implements AsyncDisposable, Disposable {
  readonly #cluster: Cluster;
  readonly #options: Required<Omit<FetcherOptions, 'log'>>;
  readonly #log: Log;
  readonly #link: Link;
  readonly #cursors = new Map<string, PartitionCursor>();
  readonly #pool: FramePool;
  readonly #prefetched: Prefetched;
  readonly #busy = new Set<number>();
  readonly #broken = new Map<number, { tries: number; untilMs: number }>();
  readonly #closing = new AbortController();
  #turn = 0;
  #planned: NodeJS.Immediate | undefined;
  #timer: NodeJS.Timeout | undefined;
  #refreshing = false;
  #refreshTries = 0;
  #arrived: (() => void) | undefined;
  #failure: Error | undefined;

  constructor(cluster: Cluster, options: FetcherOptions) {
    const { log = cluster.log, ...rest } = options;
    this.#cluster = cluster;
    this.#log = log;
    this.#options = { ...fetcherDefaults, ...rest };
    const { prefetchBytes, poisonsReleased } = this.#options;
    this.#pool = new FramePool(prefetchBytes, { poisons: poisonsReleased });
    this.#prefetched = new Prefetched(prefetchBytes, this.#pool);
    this.#link = cluster.link('fetch');
  }

  /** Starts fetching a partition, or moves it: what was fetched of it before is forgotten. */
  assign(topic: string, partition: number, at: FetchPosition): void {
    this.unassign(topic, partition);
    this.#cursors.set(partitionKey(topic, partition), new PartitionCursor(topic, partition, at));
    this.#plan();
  }

  /** Nothing more of it comes out of `next`, at once. */
  unassign(topic: string, partition: number): void {
    const key = partitionKey(topic, partition);
    const cursor = this.#cursors.get(key);
    if (cursor) this.#prefetched.drop(cursor);
    this.#cursors.delete(key);
  }

  /** `next` passes it over, at once; what is fetched of it is kept as long as others do not need the room. */
  pause(topic: string, partition: number): void {
    const cursor = this.#cursors.get(partitionKey(topic, partition));
    if (cursor) cursor.paused = true;
    this.#plan();
  }

  resume(topic: string, partition: number): void {
    const cursor = this.#cursors.get(partitionKey(topic, partition));
    if (!cursor) return;
    cursor.paused = false;
    if (this.#prefetched.ready) this.#arrived?.();
    this.#plan();
  }

  /** What is known of a partition, fresh records or not: for lag. Offsets are -1n before the first answer. */
  marks(topic: string, partition: number): PartitionMarks | undefined {
    const cursor = this.#cursors.get(partitionKey(topic, partition));
    if (!cursor) return undefined;
    const { handedOffset, highWatermark, lastStableOffset, logStartOffset } = cursor;
    return { position: handedOffset, highWatermark, lastStableOffset, logStartOffset };
  }

  /** Bytes held of the prefetch budget. */
  get heldBytes(): number {
    return this.#pool.heldBytes;
  }

  /**
   * What has arrived, in the order of each partition; a partition may occur more than once. The views stay valid until the caller
   * releases them (see `Fetched`). What he keeps counts in the prefetch budget only until the following call: then he must bound it himself.
   *
   * One call at a time. Throws what no retry heals, such as KafkaError TOPIC_AUTHORIZATION_FAILED; then the fetcher is of no more use.
   */
  async next(options: NextOptions = {}): Promise<Fetched[]> {
    if (this.#arrived) throw new Error('next() is called while another call of it waits');
    this.#prefetched.uncountHanded();
    this.#plan();
    if (!this.#prefetched.ready && !this.#over(options.signal)) await this.#arrival(options);
    if (this.#failure) throw this.#failure;
    return this.#over(options.signal) ? [] : this.#prefetched.take(options.bytesMax ?? Infinity);
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    clearImmediate(this.#planned);
    clearTimeout(this.#timer);
    this.#link[Symbol.dispose]();
    this.#cursors.clear();
    this.#arrived?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
  }

  #over(signal: AbortSignal | undefined): boolean {
    return this.#closing.signal.aborted || this.#failure !== undefined || signal?.aborted === true;
  }

  async #arrival({ maxWaitMs, signal }: NextOptions): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#arrived = resolve;
    const timer = maxWaitMs === undefined ? undefined : setTimeout(resolve, maxWaitMs);
    const onAbort = (): void => resolve();
    signal?.addEventListener('abort', onAbort);
    await promise;
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
    this.#arrived = undefined;
  }

  /** Looks for work once the present turn of the event loop is over, so that partitions assigned together are asked for together. */
  #plan(): void {
    if (this.#closing.signal.aborted) return;
    this.#planned ??= setImmediate(() => {
      this.#planned = undefined;
      this.#work();
    });
  }

  #work(): void {
    this.#prefetched.makeRoom();
    const now = Date.now();
    const byNode = new Map<number, PartitionCursor[]>();
    let wakeAtMs = Infinity;
    let isOneFull = false;
    for (const cursor of this.#cursors.values()) {
      if (cursor.paused || cursor.state !== 'fetching') continue;
      if (cursor.waitingBytes >= this.#options.partitionPrefetchBytes) {
        isOneFull = true;
        continue;
      }
      if (cursor.retryAtMs > now) {
        wakeAtMs = Math.min(wakeAtMs, cursor.retryAtMs);
        continue;
      }
      const node = this.#nodeOf(cursor, now);
      if (node === undefined) continue;
      const brokenUntilMs = this.#broken.get(node)?.untilMs ?? 0;
      if (brokenUntilMs > now) wakeAtMs = Math.min(wakeAtMs, brokenUntilMs);
      else byNode.getOrInsertComputed(node, () => []).push(cursor);
    }
    for (const [node, cursors] of byNode) {
      if (this.#busy.has(node) || this.#prefetched.full) continue;
      void this.#fetch(node, cursors, this.#request(cursors, byNode.size, isOneFull));
    }
    this.#wakeAt(wakeAtMs, now);
  }

  #wakeAt(wakeAtMs: number, now: number): void {
    clearTimeout(this.#timer);
    this.#timer =
      wakeAtMs === Infinity ? undefined : setTimeout(() => this.#plan(), Math.max(1, wakeAtMs - now));
  }

  /** Undefined: not known right now, and something is under way that will tell. */
  #nodeOf(cursor: PartitionCursor, now: number): number | undefined {
    const topic = this.#cluster.knownTopic(cursor.topic);
    const known = topic?.partitions[cursor.partition];
    if (!topic || !known || known.leader < 0) {
      void this.#refresh();
      return undefined;
    }
    cursor.topicId ??= topic.id;
    if (cursor.topicId !== topic.id) {
      void this.#confirm(cursor, confirmRecreated);
      return undefined;
    }
    return cursor.nodeFor(known.leader, now);
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    const topics = new Set([...this.#cursors.values()].map((cursor) => cursor.topic));
    try {
      if (this.#refreshTries > 0)
        await sleep(backoffMs(this.#refreshTries - 1), undefined, { signal: this.#closing.signal });
      this.#refreshTries++;
      await this.#cluster.refresh(...topics);
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      if (!(error instanceof KafkaError) || !error.retryable) this.#fail(error);
      else this.#log.warn({ error }, 'Metadata could not be read; will be tried again');
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
    try {
      const response = await this.#link.callInto(
        (bytes) => frame.memoryFor(bytes),
        node,
        fetchRequest,
        request,
      );
      if (response.errorCode !== 0)
        throw new KafkaError(errorName(response.errorCode), `fetch from broker ${node}`);
      this.#broken.delete(node);
      this.#refreshTries = 0;
      const kept = response.partitions.map(({ records }) => records.length && records.length + partBytes);
      frame.arrived(kept.reduce((sum, bytes) => sum + bytes, 0));
      for (const answer of response.partitions) {
        const found = asked.get(`${answer.topicId}-${answer.partition}`);
        if (found && this.#isCurrent(found)) this.#take(found.cursor, answer, frame);
      }
      frame.release();
    } catch (error) {
      // Not released: nobody knows how far the answer came. The collector has it.
      this.#onBroken(node, cursors, error);
    } finally {
      frame.uncount();
      this.#busy.delete(node);
      if (this.#prefetched.ready) this.#arrived?.();
      this.#plan();
    }
  }

  /** The partition was not taken away, moved or rewound while the answer was under way. */
  #isCurrent({ cursor, offset }: Asked): boolean {
    const key = partitionKey(cursor.topic, cursor.partition);
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
    if (answer.errorCode !== 0) {
      this.#onError(cursor, answer);
      return;
    }
    cursor.answered();
    if (answer.diverging) {
      if (!cursor.backToLeader()) this.#stop(cursor, truncated(cursor, answer.diverging));
      return;
    }
    if (answer.preferredReadReplica >= 0) cursor.preferReplica(answer.preferredReadReplica);
    cursor.highWatermark = answer.highWatermark;
    cursor.lastStableOffset = answer.lastStableOffset;
    cursor.logStartOffset = answer.logStartOffset;
    if (answer.records.length === 0) return;
    const readCommitted = this.#options.isolation === 'read_committed';
    const read = visibleBatches(answer.records, cursor.offset, answer.aborted, readCommitted);
    if (read.nextOffset === cursor.offset) {
      this.#onUnreadable(cursor, read.corrupt ?? 'an answer without one whole batch');
      return;
    }
    cursor.moveTo(read);
    this.#prefetched.push(cursor, cursor.fetched(read, answer.records.length, frame));
  }

  #onUnreadable(cursor: PartitionCursor, what: string): void {
    const { topic, partition, offset } = cursor;
    this.#log.error({ topic, partition, offset: String(offset), what }, 'A batch cannot be read');
    cursor.backToLeader();
    cursor.retryLater();
    if (++cursor.corruptTries < corruptTriesMax) return;
    this.#stop(cursor, {
      kind: 'corrupt',
      from: offset,
      to: offset,
      detail: `${topic} ${partition} at ${offset}: ${what}`,
    });
  }

  #onError(cursor: PartitionCursor, answer: FetchedPartition): void {
    const code = errorName(answer.errorCode);
    const wasReplica = cursor.backToLeader();
    if (answer.leader)
      this.#cluster.leaderHint(cursor.topic, cursor.partition, answer.leader.id, answer.leader.epoch);
    if (wasReplica) return; // a follower is no authority: the leader is asked next
    const verdict = judge('fetch', code);
    if (verdict === 'pause') {
      void this.#confirm(cursor, code === 'OFFSET_OUT_OF_RANGE' ? confirmOutOfRange : confirmRecreated);
    } else if (code === 'CORRUPT_MESSAGE') {
      this.#onUnreadable(cursor, 'the broker finds its log damaged there');
    } else if (verdict === 'retry' || verdict === 'refresh') {
      cursor.retryLater();
      if (verdict === 'refresh') void this.#refresh();
    } else {
      this.#fail(new KafkaError(code, `fetch of ${cursor.topic} ${cursor.partition}`));
    }
  }

  async #confirm(cursor: PartitionCursor, ask: typeof confirmOutOfRange): Promise<void> {
    cursor.state = 'confirming';
    try {
      const problem = await ask(this.#cluster, cursor, this.#closing.signal);
      if (problem) this.#stop(cursor, problem);
      // The offset is in the log, so it is the epoch that the broker cannot place: go on without.
      else if (ask === confirmOutOfRange && ++cursor.refusals > 1) cursor.lastEpoch = -1;
    } catch (error) {
      if (!this.#closing.signal.aborted && (!(error instanceof KafkaError) || !error.retryable))
        this.#fail(error);
    }
    if (cursor.state === 'confirming') cursor.state = 'fetching';
    cursor.retryLater();
    this.#plan();
  }

  #stop(cursor: PartitionCursor, problem: PositionProblem): void {
    cursor.state = 'stopped';
    if (this.#cursors.get(partitionKey(cursor.topic, cursor.partition)) !== cursor) return;
    const { topic, partition } = cursor;
    this.#log.error(
      { topic, partition, ...problem, from: String(problem.from), to: String(problem.to) },
      'Position problem',
    );
    this.#prefetched.push(cursor, cursor.stopped(problem));
    this.#arrived?.();
  }

  #onBroken(node: number, cursors: readonly PartitionCursor[], error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (!(error instanceof KafkaError) || !error.retryable) {
      this.#fail(error);
      return;
    }
    const tries = (this.#broken.get(node)?.tries ?? 0) + 1;
    this.#broken.set(node, { tries, untilMs: Date.now() + backoffMs(tries) });
    for (const cursor of cursors) cursor.backToLeader();
    this.#log.warn({ node, code: error.code, tries }, 'Fetch failed; will be tried again');
    void this.#refresh();
  }

  #fail(error: unknown): void {
    this.#failure ??= error instanceof Error ? error : new Error(String(error));
    this.#arrived?.();
  }
}

const corruptTriesMax = 5;
/** A partition that is left out because enough of it waits may be wanted again soon: the others' long poll shall not hold it up. */
const fullWaitMs = 20;
/** What an answer has around its records; one that is larger lies in memory of its own. */
const answerOverheadBytes = 256 * 1024;
