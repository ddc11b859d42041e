import { partitionName, restMs, type HeldUp, type TopicPartition } from '@penstock/kafka';
import type { PartitionPosition, Pause, PauseFinding } from '@penstock/ledger';
import { wallClockMs } from '../wall-clock.ts';

/** What is done with a partition that is neither paused nor retired. Those two are in its position. */
export type Activity =
  | { readonly kind: 'copying' }
  /** Not fetched. The next survey looks at it again. */
  | { readonly kind: 'waiting'; readonly why: string }
  /** Its target partition took nothing. It is left out of the transactions until then. */
  | { readonly kind: 'resting'; readonly untilAt: number };

export type Phase = Activity['kind'] | 'paused' | 'retired';

/** The ends of the source's log, and the moment they were heard of. */
export interface SourceEnds {
  readonly highWatermark: bigint;
  /** Up to there everything is decided; undefined: not asked. */
  readonly lastStableOffset: bigint | undefined;
  readonly heardAt: number;
}

/** One source partition in the hands of a shard's owner. */
export class CopiedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly target: TopicPartition;
  /** As the ledger has it; undefined: it is new, and not in there yet. */
  committed: PartitionPosition | undefined;
  /** As it will be when the open transaction is committed. */
  next: PartitionPosition;
  /**
   * The target refuses the records that begin there: copied up to them, then paused. Known until that pause
   * is committed: another partition may abort the transaction that would have told the ledger.
   */
  refusal: PauseFinding | undefined;
  /** Record time of the last copied record, ms since 1970. */
  lastTimestampMs: number | undefined;
  /** Wall-clock time of the last commit by this process, ms since 1970. */
  committedAtMs: number | undefined;
  #activity: Activity = { kind: 'waiting', why: 'not looked at yet' };
  #restMs = 0;
  /** The first offset of the last batch that was too large for the target. */
  #tooLargeOffset: bigint | undefined;
  #ends: SourceEnds | undefined;
  /** The last moment when it was seen to move, or to have nothing left to copy. */
  #progressAt = performance.now();

  constructor(position: PartitionPosition, target: TopicPartition, inLedger: 'in-ledger' | 'new') {
    this.topic = position.topic;
    this.partition = position.partition;
    this.target = target;
    this.committed = inLedger === 'in-ledger' ? position : undefined;
    this.next = position;
  }

  get name(): string {
    return partitionName(this.topic, this.partition);
  }

  get phase(): Phase {
    if (this.next.pause !== null) return 'paused';
    return this.next.retired ? 'retired' : this.#activity.kind;
  }

  get pause(): Pause | null {
    return this.next.pause;
  }

  /** Why it is not copied; undefined while it is. */
  get detail(): string | undefined {
    if (this.next.pause !== null) return this.next.pause.detail;
    if (this.next.retired) return 'the topic is gone from the source';
    if (this.#activity.kind === 'resting') return 'its target partition takes nothing';
    return this.#activity.kind === 'waiting' ? this.#activity.why : undefined;
  }

  get ends(): SourceEnds | undefined {
    return this.#ends;
  }

  /** Whether its target partition may not be tried yet. */
  isResting(now: number): boolean {
    return this.restsUntil !== undefined && this.restsUntil > now;
  }

  /** When it is to be tried again; undefined: it does not rest. */
  get restsUntil(): number | undefined {
    return this.#activity.kind === 'resting' ? this.#activity.untilAt : undefined;
  }

  /** The source has committed records that are not in the open transaction yet. */
  get hasMore(): boolean {
    return this.next.position < (this.#ends?.lastStableOffset ?? -1n);
  }

  /** For how long nothing was committed although the source has more; 0: there is nothing to wait for. */
  stalledForMs(now: number): number {
    const { position } = this.committed ?? this.next;
    const end = this.#ends?.lastStableOffset ?? this.#ends?.highWatermark ?? -1n;
    return position < end ? now - this.#progressAt : 0;
  }

  /**
   * Whether a commit would tell the ledger something. The last target offset and the source's end do not
   * count: both are learned all the time, and go with the next commit.
   */
  get hasMoved(): boolean {
    const { committed, next } = this;
    return (
      committed === undefined ||
      next.position !== committed.position ||
      next.retired !== committed.retired ||
      next.pause !== committed.pause ||
      next.topicId !== committed.topicId ||
      next.targetTopicId !== committed.targetTopicId
    );
  }

  markCopying(): void {
    this.#activity = { kind: 'copying' };
  }

  markWaiting(why: string): void {
    this.#activity = { kind: 'waiting', why };
  }

  /** Longer each time, until something is written again. Returns for how long, ms. */
  beginRest(holdsUp: HeldUp): number {
    this.#restMs = restMs(this.#restMs, holdsUp);
    this.#activity = { kind: 'resting', untilAt: performance.now() + this.#restMs };
    return this.#restMs;
  }

  /** Ends its rest then, if it would last longer. */
  restNoLongerThan(untilAt: number): void {
    if (this.#activity.kind !== 'resting') return;
    this.#activity = { kind: 'resting', untilAt: Math.min(untilAt, this.#activity.untilAt) };
  }

  /** A broker refuses it, and no other partition. Returns in how many ms it is tried again. */
  failFor(detail: string): number {
    const { position } = this.next;
    this.pauseFor({ kind: 'failing', from: position, to: position, detail });
    return this.beginRest('others');
  }

  pauseFor(finding: PauseFinding): void {
    this.next = { ...this.next, retired: false, pause: { ...finding, sinceMs: wallClockMs() } };
    // What it will do then, once an answer or its cause takes the pause away.
    this.markWaiting('its pause is over');
  }

  retire(): void {
    this.next = { ...this.next, retired: true, pause: null };
    this.markWaiting('its topic is back');
  }

  /** Its position may be fetched from: neither paused nor retired any more. */
  admit(targetTopicId: string): void {
    const { pause, retired, targetTopicId: known } = this.next;
    if (pause === null && !retired && known === targetTopicId) return;
    this.next = { ...this.next, pause: null, retired: false, targetTopicId };
  }

  /**
   * Never backwards. The epoch is that of the record before the position, or -1 for unknown: with an older
   * one the source would take the position for one that leaves its log (KIP-595).
   */
  moveTo(position: bigint, leaderEpoch: number): void {
    const { next } = this;
    if (position < next.position || (position === next.position && leaderEpoch < 0)) return;
    this.next = { ...next, position, leaderEpoch };
  }

  /** The ends of the source's log, by any answer of the source. */
  hears(ends: SourceEnds): void {
    this.#ends = ends;
    const end = ends.lastStableOffset ?? ends.highWatermark;
    if ((this.committed ?? this.next).position >= end) this.#progressAt = ends.heardAt;
    if (this.next.sourceEnd !== end) this.next = { ...this.next, sourceEnd: end };
  }

  /**
   * The target refuses the batch that begins at `firstOffset`. The first time that it is too large, the limit
   * has been lowered since it was read: it is read again, and the batch is made smaller.
   */
  refuse(code: string, firstOffset: bigint): 'again' | 'final' {
    const isFirst = code === 'MESSAGE_TOO_LARGE' && this.#tooLargeOffset !== firstOffset;
    this.#tooLargeOffset = firstOffset;
    return isFirst ? 'again' : 'final';
  }

  /** What `next` says is in the ledger now. */
  wasCommitted(now: number): void {
    if (this.committed?.position !== this.next.position) this.#progressAt = now;
    this.committed = this.next;
    if (this.next.pause !== null) this.refusal = undefined;
    this.committedAtMs = wallClockMs();
  }

  /** A copy of its records is on the target. */
  wasWritten(lastTargetOffset: bigint | undefined): void {
    this.#restMs = 0;
    if (lastTargetOffset !== undefined) this.next = { ...this.next, lastTargetOffset };
  }

  /**
   * Takes over what an earlier reading of the ledger taught about this partition, except its position. An
   * operator may have answered meanwhile, so a refusal below the position counts no longer. Nor does one that
   * is in the ledger as a pause, though its commit was not heard of: a retry of it must be tried.
   */
  learnFrom(earlier: CopiedPartition): void {
    const { refusal } = earlier;
    const isAhead = refusal !== undefined && refusal.from >= this.next.position;
    if (isAhead && this.next.pause === null) this.refusal = refusal;
    this.#restMs = earlier.#restMs;
    this.#tooLargeOffset = earlier.#tooLargeOffset;
    if (earlier.isResting(performance.now())) {
      const { pause, position } = { pause: earlier.pause, position: this.next.position };
      if (pause !== null && this.pause === null) this.pauseFor({ ...pause, from: position, to: position });
      this.#activity = earlier.#activity;
    }
    this.#ends = earlier.#ends;
    this.#progressAt = earlier.#progressAt;
    this.lastTimestampMs = earlier.lastTimestampMs;
    this.committedAtMs = earlier.committedAtMs;
  }
}
