import { TransactionError, type GroupMember, type TransactionSession } from '@penstock/kafka';
import type { Log, Service } from '@penstock/service';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ShortWindows } from '../dedup/short-windows.ts';
import { isBalanced } from '../dedup/tally.ts';
import type { GeoFile } from '../geo/geo-file.ts';
import { GeoLookup } from '../geo/geo-lookup.ts';
import type { FilterMetrics } from '../metrics.ts';
import { measureAssignment, pausesInWords, statusOf } from '../partition/assignment-report.ts';
import type { Assignment } from '../partition/assignment.ts';
import { OwnedPartition, type PartitionTools } from '../partition/owned-partition.ts';
import type { TakenOver } from '../partition/take-over-partition.ts';
import { pause, pauseForRaw, type Pause } from '../position/pause.ts';
import { nextCommitIntervalMs, type CommitIntervalLimits } from './commit-interval.ts';
import type { CommittedCounts } from './committed-counts.ts';
import type { Identity } from './identity.ts';
import type { Mailbox } from './mailbox.ts';
import type { RawFeed } from './raw-feed.ts';
import type { Aborted, Ended, ThreadTransaction } from './thread-transaction.ts';

/** What the loop of a thread is told. */
export type ThreadMessage =
  | { readonly kind: 'assigned' | 'revoked'; readonly partitions: readonly number[] }
  | { readonly kind: 'lost' | 'stop' }
  | Taken;

/** A takeover has finished in the background. */
interface Taken {
  readonly kind: 'taken';
  readonly partition: number;
  readonly taken: TakenOver | Pause;
  readonly signal: AbortSignal;
}

/** What a thread is made of. All of it belongs to this thread. */
export interface ThreadParts {
  readonly mailbox: Mailbox<ThreadMessage>;
  readonly member: GroupMember;
  readonly session: TransactionSession;
  readonly feed: RawFeed;
  readonly identity: Identity;
  readonly assignment: Assignment;
  readonly transaction: ThreadTransaction;
  readonly tools: PartitionTools;
  readonly counts: CommittedCounts;
}

/** How long the event loop may be held at a time: heartbeats and answers wait behind it. */
const turnMs = 10;
/**
 * While there is work, how often Kafka's answers are looked at: between two looks nothing of them is handed
 * out.
 */
const fetchEveryMs = 25;
const idleMs = 500;
/** How often the paused partitions are looked at again. */
const pausedCheckMs = 5_000;

/**
 * One thread of the filter at work: a loop that owns all its state. Everybody else (the group member's
 * callbacks, takeovers in the background, the stop signal) puts a message into its mailbox. Each turn of the
 * loop reads the messages, gives every partition that has something to do its share of 10 ms, and ends the
 * transaction when it is due. So no request, however costly, holds up a heartbeat, a commit or another
 * partition.
 */
export class FilterThread implements Service {
  readonly #parts: ThreadParts;
  readonly #interval: CommitIntervalLimits;
  readonly #metrics: FilterMetrics;
  readonly #log: Log;
  readonly #shortWindows: ShortWindows;
  readonly #resources: AsyncDisposableStack;
  readonly #loop: Promise<void>;
  #intervalMs: number;
  #isStopped = false;
  #abortsInARow = 0;
  /** After an abort nothing is tried before then; messages are obeyed all the same. */
  #backOffUntilAt = 0;
  /** Takeovers that have finished. Each may have a first position to commit, so it waits as well. */
  readonly #taken: Taken[] = [];
  /** Since when the open transaction holds something. */
  #openSince: number | undefined;
  #fetchedAt = 0;
  #pausedCheckAt = 0;

  /**
   * @param resources what the thread stands on; disposed with it.
   * @param fail told what ends the loop: the process has to end.
   */
  constructor(
    parts: ThreadParts,
    interval: CommitIntervalLimits,
    metrics: FilterMetrics,
    log: Log,
    resources: AsyncDisposableStack,
    fail: (error: unknown) => void,
  ) {
    this.#parts = parts;
    this.#interval = interval;
    this.#intervalMs = interval.minMs;
    this.#metrics = metrics;
    this.#log = log;
    this.#shortWindows = new ShortWindows(log);
    this.#resources = resources;
    this.#loop = this.#live().catch(fail);
  }

  /** New GeoIP databases, loaded and probed by the main thread. */
  useGeo(files: readonly GeoFile[]): void {
    this.#parts.tools.filter.geo = new GeoLookup(files, this.#metrics.lookups);
  }

  notReady(): string[] {
    const { assignment, identity, tools } = this.#parts;
    const lost = identity.isLost ? ['another owner has the transactional id'] : [];
    return [...lost, ...pausesInWords(assignment, tools.topics.raw)];
  }

  status(): object {
    const { member, counts, assignment, feed } = this.#parts;
    const { totals } = counts;
    return {
      member: { id: member.memberId, epoch: member.epoch },
      commitIntervalMs: Math.round(this.#intervalMs),
      totals: { ...totals, balanced: isBalanced(totals) },
      partitions: statusOf(assignment, feed.marks),
    };
  }

  /**
   * Commits what is in flight and leaves the group: no aborted transaction, and others own the partitions at
   * once.
   */
  async drain(): Promise<void> {
    await this.#parts.mailbox.post({ kind: 'stop' });
    await this.#loop;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    this.#parts.mailbox.close();
    this.#parts.assignment.dropAll();
    await this.#resources.disposeAsync();
  }

  async #live(): Promise<void> {
    const { mailbox, identity } = this.#parts;
    while (!this.#isStopped) {
      await mailbox.empty((message) => this.#obey(message));
      if (this.#isStopped) break;
      if (identity.isLost) {
        await this.#regain();
      } else if (this.#backOffMs > 0) {
        await mailbox.waitForMessage(this.#backOffMs);
      } else if (this.#taken.length > 0) {
        await this.#begin(this.#taken.shift()!);
      } else {
        this.#lookAround();
        await this.#fetch();
        this.#work();
        await this.#endWhatIsDue();
      }
    }
    mailbox.close();
  }

  async #obey(message: ThreadMessage): Promise<void> {
    const { assignment, feed, identity, member } = this.#parts;
    switch (message.kind) {
      case 'assigned':
        if (identity.isLost) return; // begun when the identity is regained
        for (const partition of message.partitions) assignment.begin(partition);
        return;
      case 'revoked':
        // Stop fetching, end the transaction, wait for the answer. They are reported as given up when this
        // returns.
        for (const partition of message.partitions) feed.stop(partition);
        await this.#commit();
        for (const partition of message.partitions) {
          feed.stop(partition); // again: an abort fetches anew
          assignment.drop(partition);
        }
        return;
      case 'lost':
        identity.lostMembership();
        this.#dropEverything();
        return this.#abort();
      case 'taken':
        this.#taken.push(message);
        return;
      case 'stop':
        await this.#commit();
        await member.leave();
        this.#isStopped = true;
    }
  }

  async #begin(finished: Taken): Promise<void> {
    const { partition, taken, signal } = finished;
    if (signal.aborted) return;
    const { assignment, tools } = this.#parts;
    if (taken.kind === 'paused') return assignment.pause(partition, taken);
    if (taken.isFirst) {
      // An abort changes nothing about this takeover: it goes on after the pause. A fencing has ended it.
      if (!(await this.#commit())) return void this.#taken.push(finished);
      if (!(await this.#commitFirst(taken))) return;
    }
    const owned = new OwnedPartition(taken.start, tools);
    assignment.run(owned);
    this.#startFetching(owned);
    const { rebuiltIds: ids, rebuiltBytes: bytes, rebuildMs } = taken;
    this.#metrics.takeovers.add(1);
    this.#metrics.rebuiltIds.add(ids);
    this.#metrics.rebuiltBytes.add(bytes);
    this.#metrics.rebuildSeconds.add(rebuildMs / 1000);
    const offset = String(taken.start.offset);
    const { raw: topic } = tools.topics;
    this.#log.info({ partition, topic, offset, ids, bytes, rebuildMs }, 'partition taken over');
  }

  /**
   * The open transaction is empty. After an abort the partition is taken over anew. After a fencing
   * everything is, when the identity is regained.
   */
  async #commitFirst({ start }: TakenOver): Promise<boolean> {
    const { assignment, identity, transaction } = this.#parts;
    const committed = this.#after(await transaction.commitFirst(start, assignment.owned));
    if (!committed && !identity.isLost) assignment.begin(start.partition);
    return committed;
  }

  #startFetching(owned: OwnedPartition): void {
    if (!this.#parts.assignment.isResting(owned.partition)) this.#parts.feed.start(owned);
  }

  /** Hands what has arrived to its partitions. Waits for it only while there is nothing to do. */
  async #fetch(): Promise<void> {
    const { assignment, feed, mailbox } = this.#parts;
    const isBusy = assignment.owned.some((owned) => owned.isBusy);
    if (isBusy) await nextTurn();
    if (isBusy && performance.now() < this.#fetchedAt + fetchEveryMs) return;
    const untilDueMs =
      this.#openSince === undefined ? idleMs : Math.max(0, this.#dueAt() - performance.now());
    const bytes = await feed.next(isBusy ? 0 : untilDueMs, mailbox.bell, (partition) =>
      assignment.ownedOf(partition),
    );
    this.#fetchedAt = performance.now();
    this.#metrics.bytes.add(bytes, 'in');
  }

  /** One turn: every partition that has something to do gets its share. */
  #work(): void {
    const { assignment, feed, mailbox } = this.#parts;
    const busy = assignment.owned.filter((owned) => owned.isBusy);
    for (const owned of busy) {
      owned.work(performance.now() + turnMs / busy.length, mailbox.ring);
      if (owned.isDirty) this.#openSince ??= performance.now();
      feed.hasWorked(owned);
    }
  }

  async #endWhatIsDue(): Promise<void> {
    const { assignment, tools } = this.#parts;
    const isDue = this.#openSince !== undefined && performance.now() >= this.#dueAt();
    if ((isDue || tools.output.budget.isSpent) && !(await this.#commit())) return;
    for (const owned of assignment.owned) {
      const { problem } = owned;
      if (problem === undefined) continue;
      // When positions go back, the partition is fetched anew and meets its problem again.
      if (!(await this.#commit())) return;
      assignment.pause(owned.partition, pauseForRaw(problem));
    }
  }

  get #backOffMs(): number {
    return this.#backOffUntilAt - performance.now();
  }

  #dueAt(): number {
    return (this.#openSince ?? performance.now()) + this.#intervalMs;
  }

  /**
   * Commits what is open, if anything is: an empty commit proves nothing, so it does not shorten the next
   * pause.
   * @returns false when positions went back.
   */
  async #commit(): Promise<boolean> {
    const { assignment, feed, transaction } = this.#parts;
    const { owned } = assignment;
    for (const one of owned) {
      for (one.goOnWriting(performance.now() + turnMs); one.isWriting; await nextTurn())
        one.goOnWriting(performance.now() + turnMs);
    }
    const dirty = owned.filter((one) => one.isDirty);
    const requests = dirty.reduce((sum, one) => sum + one.open.tally.requests, 0);
    const ended = dirty.length > 0 ? await transaction.commit(owned) : undefined;
    this.#openSince = undefined;
    if (ended === undefined) return true;
    if (!this.#after(ended)) return false;
    for (const one of dirty) assignment.wrote(one.partition);
    const lag = owned.reduce(
      (sum, one) => sum + one.recordsBehind(feed.marks(one.partition)?.highWatermark),
      0,
    );
    this.#intervalMs = nextCommitIntervalMs(this.#intervalMs, requests, lag, this.#interval);
    return true;
  }

  /** @returns whether it was committed. */
  #after(ended: Ended): boolean {
    if (ended.kind === 'fenced') this.#onFenced();
    else if (ended.kind === 'aborted') this.#onAborted(ended);
    else {
      this.#abortsInARow = 0;
      this.#parts.identity.committed();
      return true;
    }
    return false;
  }

  #onAborted({ stuck, moved, unwritable }: Aborted): void {
    const { assignment, feed } = this.#parts;
    for (const partition of assignment.rest(stuck)) feed.stop(partition);
    for (const owned of assignment.owned) this.#startFetching(owned);
    for (const { partition } of moved) {
      feed.stop(partition);
      assignment.begin(partition);
    }
    for (const { owned, topic } of unwritable) {
      const { partition, position } = owned;
      feed.stop(partition);
      const detail = `Kafka refuses what ${topic} should hold of raw offset ${position} or after`;
      assignment.pause(partition, pause('rejected-not-written', detail, position));
    }
    this.#backOffUntilAt = performance.now() + Math.min(2_000, 50 * 2 ** this.#abortsInARow++);
  }

  #onFenced(): void {
    this.#dropEverything();
    this.#parts.identity.lost();
  }

  async #regain(): Promise<void> {
    const { assignment, identity, mailbox, member } = this.#parts;
    await identity.regain(mailbox);
    if (identity.isLost) return;
    for (const { partition } of member.assignment) assignment.begin(partition);
  }

  /** Drops the open transaction, so that the next one does not carry what it held. */
  async #abort(): Promise<void> {
    try {
      await this.#parts.session.abort();
    } catch (error) {
      if (!(error instanceof TransactionError) || error.outcome === 'fatal') throw error;
      if (error.outcome === 'fenced') this.#onFenced();
    }
  }

  #dropEverything(): void {
    this.#openSince = undefined;
    const { assignment, feed, tools } = this.#parts;
    for (const partition of assignment.states.keys()) feed.stop(partition);
    assignment.dropAll();
    tools.output.budget.clear();
  }

  /** Once a turn: gauges, windows, partitions that have rested, and now and then the paused ones. */
  #lookAround(): void {
    const { assignment } = this.#parts;
    measureAssignment(assignment, this.#metrics);
    this.#shortWindows.look(assignment.owned);
    for (const owned of assignment.wakeRested()) this.#startFetching(owned);
    const now = performance.now();
    if (now - this.#pausedCheckAt < pausedCheckMs) return;
    this.#pausedCheckAt = now;
    assignment.lookAgain();
  }
}
