import {
  KafkaError,
  TransactionError,
  type Cluster,
  type Fetched,
  type Fetcher,
  type GroupMember,
  type TxnSession,
} from '@penstock/kafka';
import type { Service } from '@penstock/service';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { nextCommitIntervalMs } from './commit-interval.ts';
import type { FilterTools } from '../request/filter-request.ts';
import type { GeoFile } from '../geo/geo-file.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import { IdentityTrouble } from './identity-trouble.ts';
import { commitLanes, type LaneTransactionOptions } from './thread-transaction.ts';
import { laneOptionsOf } from './lane-options.ts';
import { Mailbox } from './mailbox.ts';
import { haltFor, PartitionOwner } from '../partition/partition-owner.ts';
import { PartitionLane } from '../partition/owned-partition.ts';
import { PerMinute } from '../partition/per-minute.ts';
import { halt, type Halt } from '../position/starting-position.ts';
import type { FilterThreadOptions } from './start-filter-thread.ts';
import { emptyTally, isBalanced } from '../dedup/tally.ts';
import type { TakenOver } from '../partition/take-over-partition.ts';
import { startThreadGauges } from './thread-gauges.ts';

type Message =
  | { kind: 'assigned' | 'revoked'; partitions: readonly number[] }
  | { kind: 'lost' | 'stop' }
  | { kind: 'taken'; partition: number; taken: TakenOver | Halt; signal: AbortSignal };

/** How long the event loop may be held: heartbeats and answers wait behind it. */
const TURN_MS = 10;
/** Bytes of raw that are worked on between two looks at messages and commit time. */
const STEP_BYTES_MAX = 4 * 1024 * 1024;
const IDLE_MS = 500;
/** How often a halted partition is looked at again. */
const HALTED_CHECK_MS = 5_000;

/**
 * One thread of the filter at work: a loop that owns all its state. Everybody else (the group member's callbacks, take-overs in the
 * background, the stop signal) puts a message into its mailbox, which it reads between two steps.
 */
export class FilterThread implements Service {
  readonly #o: FilterThreadOptions;
  readonly #cluster: Cluster;
  readonly #session: TxnSession;
  readonly #fetcher: Fetcher;
  readonly #mailbox = new Mailbox<Message>();
  readonly #trouble = new IdentityTrouble();
  readonly #tools: { -readonly [K in keyof FilterTools]: FilterTools[K] };
  readonly #samples = { conflicts: new PerMinute(10), duplicates: new PerMinute(10) };
  readonly #totals = emptyTally();
  #member!: GroupMember;
  #owner!: PartitionOwner;
  #transaction!: LaneTransactionOptions;
  #resources!: AsyncDisposableStack;
  #loop: Promise<void> = Promise.resolve();
  /** Set while another owner has the transactional id: when to try to take it back. */
  #regainAtMs: number | undefined;
  #stopped = false;
  /** Grows whenever positions went back: what is fetched already is void then. */
  #rewinds = 0;
  #abortsInARow = 0;
  #intervalMs: number;
  #openSinceMs: number | undefined;
  #haltedCheckMs = 0;

  constructor(o: FilterThreadOptions, cluster: Cluster, session: TxnSession, fetcher: Fetcher) {
    const { config } = o;
    this.#o = o;
    this.#cluster = cluster;
    this.#session = session;
    this.#fetcher = fetcher;
    this.#intervalMs = config.commitIntervalMs;
    this.#tools = {
      pipeline: o.pipeline,
      geo: new GeoLookup(o.geoFiles),
      ipPrivacy: config.ipPrivacy,
      bodyBytesMax: config.bodyBytesMax,
      rawTopic: config.topics.raw,
    };
  }

  readonly callbacks = {
    onAssigned: (assigned: readonly { partition: number }[]) =>
      void this.#mailbox.post({ kind: 'assigned', partitions: assigned.map(({ partition }) => partition) }),
    onRevoked: (revoked: readonly { partition: number }[]) =>
      this.#mailbox.post({ kind: 'revoked', partitions: revoked.map(({ partition }) => partition) }),
    onLost: () => this.#mailbox.post({ kind: 'lost' }),
  };

  /** @param resources everything the thread stands on; disposed with it. */
  run(member: GroupMember, resources: AsyncDisposableStack): void {
    const { config, log, metrics, fail } = this.#o;
    this.#member = member;
    this.#resources = resources;
    this.#transaction = {
      cluster: this.#cluster,
      session: this.#session,
      group: config.group,
      member,
      topics: config.topics,
      pipeline: this.#o.pipeline,
      metrics,
      totals: this.#totals,
      log,
    };
    this.#owner = new PartitionOwner(
      {
        cluster: this.#cluster,
        log,
        group: config.group,
        member,
        topics: config.topics,
        cleanTopics: [config.topics.clean, ...new Set(Object.values(this.#o.pipeline.catalogue.routes))],
        windowMs: config.dedupWindowMs,
        idsMax: config.dedupIdsMax,
      },
      (partition, taken, signal) => void this.#mailbox.post({ kind: 'taken', partition, taken, signal }),
      fail,
    );
    member.failed.addEventListener('abort', () => fail(member.failed.reason));
    const [cluster, session, fetcher, rawTopic] = [
      this.#cluster,
      this.#session,
      this.#fetcher,
      config.topics.raw,
    ];
    const partitions = (): Iterable<number> => this.#owner.lanes.keys();
    resources.use(startThreadGauges({ cluster, session, fetcher, rawTopic, partitions, metrics }));
    this.#loop = this.#live().catch(fail);
  }

  /** New GeoIP databases, loaded and probed by the main thread. */
  useGeo(files: readonly GeoFile[]): void {
    this.#tools.geo = new GeoLookup(files);
  }

  notReady(): string[] {
    return this.#regainAtMs === undefined ? [] : ['another owner has the transactional id'];
  }

  status(): object {
    return {
      member: { id: this.#member.memberId, epoch: this.#member.epoch },
      commitIntervalMs: Math.round(this.#intervalMs),
      totals: { ...this.#totals, balanced: isBalanced(this.#totals) },
      partitions: this.#owner.status(),
    };
  }

  /** Commits what is in flight and leaves the group: no aborted transaction, and others own the partitions at once. */
  async drain(): Promise<void> {
    await this.#mailbox.post({ kind: 'stop' });
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    this.#mailbox.close();
    this.#owner.dropAll();
    await this.#resources.disposeAsync();
  }

  async #live(): Promise<void> {
    while (!this.#stopped) {
      await this.#mailbox.empty((message) => this.#obey(message));
      if (this.#stopped) break;
      if (this.#regainAtMs !== undefined) await this.#regain();
      this.#lookAround();
      const fetched = await this.#fetcher.next({
        maxWaitMs: this.#openSinceMs === undefined ? IDLE_MS : Math.max(0, this.#dueMs() - performance.now()),
        bytesMax: STEP_BYTES_MAX,
        signal: this.#mailbox.bell,
      });
      await this.#work(fetched);
      if (this.#openSinceMs !== undefined && performance.now() >= this.#dueMs()) await this.#commit();
    }
    this.#mailbox.close();
  }

  async #obey(message: Message): Promise<void> {
    switch (message.kind) {
      case 'assigned':
        if (this.#regainAtMs !== undefined) return; // begun when the identity is regained
        for (const partition of message.partitions) this.#owner.begin(partition);
        return;
      case 'revoked':
        // Stop fetching, end the transaction, wait for the answer; reporting happens when this returns.
        for (const partition of message.partitions)
          this.#fetcher.unassign(this.#o.config.topics.raw, partition);
        await this.#commit();
        for (const partition of message.partitions) {
          this.#fetcher.unassign(this.#o.config.topics.raw, partition); // again: an abort fetches anew
          this.#owner.drop(partition);
        }
        return;
      case 'lost':
        this.#trouble.note('lost the membership', Date.now());
        this.#dropEverything();
        return this.#abort();
      case 'taken':
        if (!message.signal.aborted) await this.#begin(message.partition, message.taken);
        return;
      case 'stop':
        await this.#commit();
        await this.#member.leave();
        this.#stopped = true;
    }
  }

  /** A take-over has finished in the background. */
  async #begin(partition: number, taken: TakenOver | Halt): Promise<void> {
    const { config, metrics, log } = this.#o;
    if (taken.kind === 'halt') return this.#owner.halt(partition, taken);
    if (taken.isFirst && !(await this.#commitFirst(taken))) return;
    const lane = new PartitionLane(
      taken.start,
      laneOptionsOf(this.#o, this.#tools, this.#samples, this.#session),
    );
    this.#owner.run(lane);
    this.#fetch(lane);
    metrics.takeovers.add(1);
    metrics.rebuiltIds.add(taken.rebuiltIds);
    metrics.rebuildSeconds.add(taken.rebuildMs / 1000);
    const { offset } = taken.start;
    log.info(
      {
        partition,
        topic: config.topics.raw,
        offset: String(offset),
        ids: taken.rebuiltIds,
        rebuildMs: taken.rebuildMs,
      },
      'partition taken over',
    );
  }

  /**
   * The first start of a partition: its position is committed before anything is read, in a transaction that holds nothing else.
   * From then on a partition without a committed offset is one that lost it.
   */
  async #commitFirst({ start }: TakenOver): Promise<boolean> {
    // Aborted, the session is ready for the next transaction all the same; fenced, all begin anew when the identity is regained.
    if (!(await this.#commit()) && this.#regainAtMs !== undefined) return false;
    const lane = new PartitionLane(
      { ...start, offset: start.offset - 1n },
      laneOptionsOf(this.#o, this.#tools, this.#samples, this.#session),
    );
    lane.position = start.offset;
    return this.#end([lane]);
  }

  #fetch(lane: PartitionLane): void {
    if (this.#owner.resting.has(lane.partition)) return;
    this.#fetcher.assign(this.#o.config.topics.raw, lane.partition, {
      offset: lane.position,
      lastFetchedEpoch: lane.leaderEpoch,
      topicId: lane.topicId,
    });
  }

  async #work(all: readonly Fetched[]): Promise<void> {
    const rewinds = this.#rewinds;
    let turnEndsMs = performance.now() + TURN_MS;
    for (const fetched of all) {
      const lane = this.#owner.lanes.get(fetched.partition);
      if (this.#rewinds !== rewinds) return;
      if (lane === undefined) continue;
      if (fetched.problem !== undefined) {
        // Positions went back: the partition is fetched anew, and meets its problem again.
        if (!(await this.#commit())) return;
        this.#owner.halt(fetched.partition, haltFor(fetched.problem));
        continue;
      }
      this.#o.metrics.bytes.add(fetched.bytes, 'in');
      for (const _ of lane.process(fetched)) {
        this.#openSinceMs ??= performance.now();
        if (this.#session.openBytes + lane.outputs.openBytes >= this.#o.config.commitBytes)
          await this.#commit();
        if (performance.now() >= turnEndsMs) {
          await nextTurn();
          turnEndsMs = performance.now() + TURN_MS;
        }
        if (this.#rewinds !== rewinds) return;
      }
      if (lane.isDirty) this.#openSinceMs ??= performance.now();
    }
  }

  #dueMs(): number {
    return (this.#openSinceMs ?? performance.now()) + this.#intervalMs;
  }

  /** @returns false when positions went back. */
  async #commit(): Promise<boolean> {
    const lanes = [...this.#owner.lanes.values()];
    const requests = lanes.reduce((sum, lane) => sum + lane.open.tally.requests, 0);
    if (!(await this.#end(lanes))) return false;
    const lag = lanes.reduce((sum, lane) => sum + lane.lag, 0);
    const { commitIntervalMs: minMs, commitIntervalMaxMs: maxMs } = this.#o.config;
    this.#intervalMs = nextCommitIntervalMs(this.#intervalMs, requests, lag, { minMs, maxMs });
    return true;
  }

  async #end(lanes: readonly PartitionLane[]): Promise<boolean> {
    this.#openSinceMs = undefined;
    const dirty = lanes.filter((lane) => lane.isDirty);
    const ended = await commitLanes(lanes, this.#transaction);
    if (ended.kind === 'committed') {
      for (const { partition } of dirty) this.#owner.resting.wrote(partition);
      this.#abortsInARow = 0;
      this.#trouble.committed(Date.now());
      return true;
    }
    this.#rewinds += 1;
    if (ended.kind === 'fenced') {
      this.#onFenced();
      return false;
    }
    for (const partition of ended.stuck) {
      if (this.#owner.rest(partition)) this.#fetcher.unassign(this.#o.config.topics.raw, partition);
    }
    for (const lane of lanes) if (this.#owner.lanes.get(lane.partition) === lane) this.#fetch(lane);
    for (const lane of ended.moved) this.#owner.begin(lane.partition);
    for (const lane of ended.unwritable) {
      this.#fetcher.unassign(this.#o.config.topics.raw, lane.partition);
      const detail = `Kafka refuses what ${this.#o.config.topics.rejected} should hold of raw offset ${lane.position} or after`;
      this.#owner.halt(lane.partition, halt('rejected-not-written', detail, lane.position));
    }
    await sleep(Math.min(2_000, 50 * 2 ** this.#abortsInARow++));
    return false;
  }

  /** Another owner has our transactional id. Nothing in memory counts any more. */
  #onFenced(): void {
    this.#dropEverything();
    const inARow = this.#trouble.note('fenced by another owner of the transactional id', Date.now());
    const backoffMs = 1_000 * 2 ** (inARow - 1) * (0.75 + Math.random() / 2);
    this.#regainAtMs = performance.now() + backoffMs;
  }

  /**
   * Either the group gave our partitions away while we were paused (then we must not take the id back: that would fence
   * whoever works now), or it was a passing double. Only a heartbeat answered *after* the fencing tells.
   */
  async #regain(): Promise<void> {
    const waitMs = (this.#regainAtMs ?? 0) - performance.now();
    if (waitMs > 0) await Promise.race([sleep(waitMs), this.#mailbox.rings()]);
    // A membership that is being lost answers no heartbeat before we have dropped everything, which the mailbox tells.
    const beat = this.#member.heartbeatNow().catch(() => undefined); // a failed member fails the process anyway
    await Promise.race([beat, this.#mailbox.rings()]);
    if (this.#mailbox.bell.aborted || performance.now() < (this.#regainAtMs ?? 0)) return; // the loop comes back
    if (this.#member.assignment.length === 0) return;
    try {
      await this.#session.takeover();
    } catch (error) {
      if (!(error instanceof KafkaError) || !error.retryable) throw error;
      this.#o.log.warn({ error }, 'the transactional id cannot be taken back yet; tried again');
      return;
    }
    this.#regainAtMs = undefined;
    for (const { partition } of this.#member.assignment) this.#owner.begin(partition);
  }

  /** Drops the open transaction, so that the next one does not carry what it held. */
  async #abort(): Promise<void> {
    try {
      await this.#session.abort();
    } catch (error) {
      if (!(error instanceof TransactionError) || error.outcome === 'fatal') throw error;
      if (error.outcome === 'fenced') this.#onFenced();
    }
  }

  #dropEverything(): void {
    this.#rewinds += 1;
    this.#openSinceMs = undefined;
    for (const partition of this.#owner.partitions) {
      this.#fetcher.unassign(this.#o.config.topics.raw, partition);
    }
    this.#owner.dropAll();
  }

  /** Once a turn: gauges, and halted partitions now and then. */
  #lookAround(): void {
    this.#owner.measure(this.#o.metrics);
    for (const [result, count] of Object.entries(this.#tools.geo.counts))
      this.#o.metrics.lookups.set(count, result);
    for (const lane of this.#owner.wakeRested()) this.#fetch(lane);
    const now = performance.now();
    if (now - this.#haltedCheckMs < HALTED_CHECK_MS) return;
    this.#haltedCheckMs = now;
    for (const partition of [...this.#owner.halted.keys()]) this.#owner.begin(partition);
  }
}
