import type { Cluster, Log } from '../cluster/cluster.ts';
import type { TopicPartition } from '../topic-partition.ts';
import type { BrokerConnections } from '../connection/broker-connections.ts';
import { decide, errorName, KafkaError, meansRefresh } from '../errors/errors.ts';
import { backoffMs } from '../errors/retrying.ts';
import { consumerGroupHeartbeatRequest } from '../requests/consumer-group-heartbeat.ts';
import type { HeartbeatResponse } from '../requests/consumer-group-heartbeat.ts';
import { FencedRepeatedly } from '../transaction/fenced-repeatedly.ts';
import { TopicIdNames } from './topic-id-names.ts';
import { advance, newMembership } from './membership.ts';
import type { AssignedPartition, MembershipEffect, MembershipEvent } from './membership.ts';

/** Who joins, and who is told about its partitions. The callbacks run one at a time, except onLost. */
export interface GroupOptions {
  groupId: string;
  /** The same after every restart: `memberIdOf(transactionalId)`. No two living processes may share one. */
  memberId: string;
  topics: readonly string[];
  /** How long a revocation may take before the broker fences the member. Default 30 000. */
  rebalanceTimeoutMs?: number;
  rackId?: string;
  log?: Log;
  /** Gives up joining. It does not end a membership. */
  signal?: AbortSignal;
  /** From now on these belong to this member. Awaited before the next callback. */
  onAssigned(partitions: TopicPartition[]): void | Promise<void>;
  /**
   * Stop working on these, and finish what is in flight: end the transaction and await the *answer*. The
   * member reports them as given up only when this settles; until then they are still owned, and heartbeats
   * go on. Never commit for them afterwards.
   */
  onRevoked(partitions: TopicPartition[]): Promise<void>;
  /**
   * Fenced: these already belong to others. Abort, and drop everything. When this settles, the member joins
   * again. It may be called while onRevoked or onAssigned is still running; both are awaited. It must not
   * await `heartbeatNow`.
   */
  onLost(partitions: TopicPartition[]): Promise<void>;
}

/**
 * Joins a KIP-848 consumer group. Resolves with the first answer of the coordinator; the callbacks run after
 * that. A callback that rejects fails the member. Fence the predecessor (InitProducerId) before joining,
 * because its partitions are granted at once.
 *
 * Throws KafkaError for what no retry mends (GROUP_AUTHORIZATION_FAILED, UNRELEASED_INSTANCE_ID, ...), the
 * last error after 60 s without a coordinator, and the signal's reason.
 */
export async function joinGroup(cluster: Cluster, options: GroupOptions): Promise<GroupMember> {
  const member = new GroupMember(cluster, options);
  try {
    await member.join();
    return member;
  } catch (error) {
    await member[Symbol.asyncDispose]();
    throw error;
  }
}

const joinTimeoutMs = 60_000;
const intervalMaxMs = 1_000;
/** A coordinator that is silent for so long is looked up again: sessions last 6 to 45 s. */
const answerWithinMs = 3_000;

/**
 * A member of a KIP-848 group. It sends heartbeats by itself until it leaves, is disposed of, or `failed`
 * aborts. Made by `joinGroup`.
 */
export class GroupMember implements AsyncDisposable {
  readonly memberId: string;
  readonly #cluster: Cluster;
  readonly #options: GroupOptions;
  readonly #log: Log;
  readonly #connections: BrokerConnections;
  readonly #names: TopicIdNames;
  readonly #fencings = new FencedRepeatedly();
  readonly #failing = new AbortController();
  readonly #callbacks = new Set<Promise<void>>();
  #membership = newMembership;
  #intervalMs = intervalMaxMs;
  #staleCoordinator = false;
  #sent = 0;
  #waiters: { after: number; resolve: () => void; reject: (error: unknown) => void }[] = [];
  #wake: (() => void) | undefined;
  #hurry = false;
  #left = false;
  #life: Promise<void> = Promise.resolve();

  constructor(cluster: Cluster, options: GroupOptions) {
    this.memberId = options.memberId;
    this.#cluster = cluster;
    this.#options = options;
    this.#log = options.log ?? cluster.log;
    this.#connections = cluster.connectionsFor(`group:${options.groupId}`);
    this.#names = new TopicIdNames(cluster, options.topics);
  }

  /** The member epoch that TxnOffsetCommit and OffsetFetch must carry; 0 while not a member. */
  get epoch(): number {
    return this.#membership.epoch;
  }

  /** What this member owns, including partitions that are being revoked. */
  get assignment(): TopicPartition[] {
    return this.#names.resolve([...this.#membership.owned]);
  }

  /**
   * Aborts when the member has failed for good, with the error as its reason. No heartbeat is sent any more:
   * drop everything.
   */
  get failed(): AbortSignal {
    return this.#failing.signal;
  }

  /**
   * Resolves when the coordinator has answered a heartbeat that was sent after this call, even if the answer
   * fences the member: look at `assignment` then. Rejects when the member has failed or left.
   */
  heartbeatNow(): Promise<void> {
    if (this.#failing.signal.aborted) return Promise.reject(this.#failing.signal.reason as Error);
    if (this.#left) return Promise.reject(new KafkaError('CLOSED', 'the member has left its group'));
    return new Promise((resolve, reject) => {
      this.#waiters.push({ after: this.#sent, resolve, reject });
      this.#beat();
    });
  }

  /**
   * Leaves the group, so that its partitions are granted to others at once. Stop fetching and end the
   * transaction before. No callback runs after this. Never rejects: if the coordinator cannot be reached, the
   * session times out.
   */
  async leave(): Promise<void> {
    if (this.#left) return;
    this.#left = true;
    this.#beat();
    await this.#life;
    this.#settleWaiters(new KafkaError('CLOSED', 'the member has left its group'));
    if (!this.#failing.signal.aborted && this.epoch > 0) {
      try {
        await this.#heartbeat(-1);
      } catch (error) {
        this.#log.warn(
          { error, groupId: this.#options.groupId },
          'the group could not be left; its session will time out',
        );
      }
    }
    this.#connections[Symbol.dispose]();
  }

  /** The same as `leave`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }

  /** For joinGroup only. */
  async join(): Promise<void> {
    const giveUpAt = performance.now() + joinTimeoutMs;
    for (let tries = 0; ; tries++) {
      this.#options.signal?.throwIfAborted();
      try {
        const effects = await this.#beatOnce();
        this.#life = this.#live(effects);
        return;
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retryable || performance.now() > giveUpAt) throw error;
        await this.#wait(backoffMs(tries));
      }
    }
  }

  async #live(first: MembershipEffect[]): Promise<void> {
    // `joinGroup` has to resolve before the callbacks run: they may use the member.
    await new Promise(setImmediate);
    this.#perform(first);
    let tries = 0;
    while (!this.#left && !this.#failing.signal.aborted) {
      await this.#wait(tries > 0 ? backoffMs(tries + 2) : this.#intervalMs);
      if (this.#left || this.#membership.phase === 'dropping') continue;
      try {
        this.#perform(await this.#beatOnce());
        tries = 0;
      } catch (error) {
        if (!(error instanceof KafkaError) || !error.retryable) this.#fail(error);
        else this.#log.warn({ code: error.code, tries: ++tries }, 'heartbeat failed; will be tried again');
      }
    }
  }

  /**
   * One heartbeat, and what follows from its answer. Throws KafkaError unless it was accepted or the member
   * was fenced.
   */
  async #beatOnce(): Promise<MembershipEffect[]> {
    const sent = ++this.#sent;
    const { report } = this.#membership;
    const answer = await this.#heartbeat(this.#membership.epoch);
    const effects = await this.#decide(answer, report);
    const answered = this.#waiters.filter((waiter) => waiter.after < sent);
    this.#waiters = this.#waiters.filter((waiter) => waiter.after >= sent);
    for (const waiter of answered) waiter.resolve();
    return effects;
  }

  async #decide(answer: HeartbeatResponse, report: number): Promise<MembershipEffect[]> {
    const code = errorName(answer.errorCode);
    if (code === 'NONE') {
      this.#fencings.committed(); // an accepted heartbeat proves the same as a commit
      this.#intervalMs = Math.min(intervalMaxMs, answer.heartbeatIntervalMs || intervalMaxMs);
      const assignment = answer.assignment && (await this.#names.known(answer.assignment));
      return this.#advance({
        kind: 'answered',
        epoch: answer.memberEpoch,
        assignment: assignment ?? undefined,
        report,
      });
    }
    if (decide('heartbeat', code) === 'fence') {
      const { groupId, memberId } = this.#options;
      const reason = answer.errorMessage;
      this.#log.warn(
        { groupId, memberId, code, reason },
        'fenced by the group: all partitions are lost; joining again',
      );
      return this.#advance({ kind: 'fenced', repeatedly: this.#fencings.fenced().kind === 'shared' });
    }
    this.#staleCoordinator = meansRefresh(code);
    throw new KafkaError(code, `heartbeat of group ${this.#options.groupId}: ${answer.errorMessage ?? ''}`);
  }

  async #heartbeat(memberEpoch: number): Promise<HeartbeatResponse> {
    const { groupId, memberId, topics, rackId = null, rebalanceTimeoutMs = 30_000 } = this.#options;
    const refresh = this.#staleCoordinator;
    const coordinator = await this.#cluster.coordinator('group', groupId, {
      refresh,
      timeoutMs: answerWithinMs,
    });
    this.#staleCoordinator = false;
    // A coordinator that hangs must not cost the member its session: the connection is closed.
    const timer = setTimeout(() => this.#connections.disconnect(coordinator), answerWithinMs);
    const owned = this.#names.byTopic(memberEpoch > 0 ? this.#membership.owned : new Set());
    const request = { groupId, memberId, memberEpoch, rackId, rebalanceTimeoutMs, topics, owned };
    try {
      return await this.#connections.call(coordinator, consumerGroupHeartbeatRequest, request);
    } catch (error) {
      this.#staleCoordinator = true;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #advance(event: MembershipEvent): MembershipEffect[] {
    const { membership, effects } = advance(this.#membership, event);
    this.#membership = membership;
    return effects;
  }

  #perform(effects: readonly MembershipEffect[]): void {
    if (this.#left) return;
    for (const effect of effects) {
      if (effect.kind === 'heartbeat') this.#beat();
      else if (effect.kind === 'fail') this.#fail(new KafkaError('FENCED_MEMBER_EPOCH', effect.reason));
      else if (effect.kind === 'drop') void this.#drop(effect.partitions);
      else this.#callBack(effect.kind, effect.partitions);
    }
  }

  #callBack(kind: 'revoke' | 'assign', partitions: readonly AssignedPartition[]): void {
    const named = this.#names.resolve(partitions);
    const done: MembershipEvent = { kind: kind === 'revoke' ? 'revoked' : 'assigned' };
    const run = async (): Promise<void> => {
      try {
        await (kind === 'revoke' ? this.#options.onRevoked(named) : this.#options.onAssigned(named));
        this.#perform(this.#advance(done));
      } catch (error) {
        this.#fail(error);
      }
    };
    const running = run().finally(() => this.#callbacks.delete(running));
    this.#callbacks.add(running);
  }

  /**
   * Calls onLost at once, because it may cancel what a running callback waits for. Joins again only after
   * both.
   */
  async #drop(partitions: readonly AssignedPartition[]): Promise<void> {
    try {
      await this.#options.onLost(this.#names.resolve(partitions));
      await Promise.all(this.#callbacks);
      this.#perform(this.#advance({ kind: 'dropped' }));
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#failing.signal.aborted) return;
    this.#log.error(
      { error, groupId: this.#options.groupId, memberId: this.memberId },
      'the group member has failed',
    );
    this.#failing.abort(error);
    this.#settleWaiters(error);
    this.#beat();
  }

  #settleWaiters(error: unknown): void {
    for (const waiter of this.#waiters.splice(0)) waiter.reject(error);
  }

  /** Ends the present wait, or the next one if a heartbeat is under way. */
  #beat(): void {
    this.#hurry = true;
    this.#wake?.();
  }

  async #wait(waitMs: number): Promise<void> {
    if (!this.#hurry) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      const timer = setTimeout(resolve, waitMs);
      await promise;
      clearTimeout(timer);
      this.#wake = undefined;
    }
    this.#hurry = false;
  }
}
