import type { PartitionPosition, Pause, PauseFinding } from '@penstock/ledger';
import { partitionName } from '../names.ts';
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

const restMinMs = 5_000;
const restMaxMs = 60_000;

/** One source partition in the hands of a shard's owner. */
export class CopiedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly target: { readonly topic: string; readonly partition: number };
  /** As the ledger has it; undefined: it is new, and not in there yet. */
  committed: PartitionPosition | undefined;
  /** As it will be when the open transaction is committed. */
  next: PartitionPosition;
  /** The target refuses the records that begin there: copied up to them, then paused. */
  refusal: PauseFinding | undefined;
  /** Record time of the last copied record, ms since 1970. */
  lastTimestampMs: number | undefined;
  /** Wall-clock time of the last commit by this process, ms since 1970. */
  committedAtMs: number | undefined;
  #activity: Activity = { kind: 'waiting', why: 'not looked at yet' };
  #restMs = 0;
  /** The first offset of the last batch that was too large for the target. */
  #tooLargeAt: bigint | undefined;
  #ends: SourceEnds | undefined;
  /** The last moment when it was seen to move, or to have nothing left to copy. */
  #progressAt = performance.now();

  constructor(
    position: PartitionPosition,
    target: { topic: string; partition: number },
    inLedger: 'in-ledger' | 'new',
  ) {
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
    return this.#activity.kind === 'resting' && this.#activity.untilAt > now;
  }

  /** The source has committed records that are not in the open transaction yet. */
  get behind(): boolean {
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

  copy(): void {
    this.#activity = { kind: 'copying' };
  }

  wait(why: string): void {
    this.#activity = { kind: 'waiting', why };
  }

  /** Longer each time, until something is written again. Returns for how long, ms. */
  rest(): number {
    this.#restMs = Math.min(restMaxMs, Math.max(restMinMs, 2 * this.#restMs));
    this.#activity = { kind: 'resting', untilAt: performance.now() + this.#restMs };
    return this.#restMs;
  }

  /** A broker refuses it, and no other partition. Returns in how many ms it is tried again. */
  failFor(detail: string): number {
    const { position } = this.next;
    this.pauseFor({ kind: 'failing', from: position, to: position, detail });
    return this.rest();
  }

  pauseFor(finding: PauseFinding): void {
    this.refusal = undefined;
    this.next = { ...this.next, retired: false, pause: { ...finding, sinceMs: wallClockMs() } };
    this.wait('its pause is over'); // what it will do then, once an answer or its cause takes the pause away
  }

  retire(): void {
    this.next = { ...this.next, retired: true, pause: null };
    this.wait('its topic is back');
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
   * Whether the target's refusal of a batch is final. The first time that a batch is too large, the limit has
   * been lowered since it was read: it is read again, and the batch is made smaller.
   */
  isRefused(code: string, firstOffset: bigint): boolean {
    const isFirst = code === 'MESSAGE_TOO_LARGE' && this.#tooLargeAt !== firstOffset;
    this.#tooLargeAt = firstOffset;
    return !isFirst;
  }

  /** What `next` says is in the ledger now. */
  wasCommitted(now: number): void {
    if (this.committed?.position !== this.next.position) this.#progressAt = now;
    this.committed = this.next;
    this.committedAtMs = wallClockMs();
  }

  /** A copy of its records is on the target. */
  wasWritten(lastTargetOffset: bigint | undefined): void {
    this.#restMs = 0;
    if (lastTargetOffset !== undefined) this.next = { ...this.next, lastTargetOffset };
  }

  /**
   * Takes over what an earlier reading of the ledger taught about this partition, except its position. An
   * operator may have answered meanwhile, so a refusal below the position counts no longer.
   */
  learnFrom(earlier: CopiedPartition): void {
    if (earlier.refusal !== undefined && earlier.refusal.from >= this.next.position) {
      this.refusal = earlier.refusal;
    }
    this.#restMs = earlier.#restMs;
    this.#tooLargeAt = earlier.#tooLargeAt;
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
