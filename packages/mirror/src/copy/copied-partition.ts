import type { PartitionPosition, Pause } from '@penstock/ledger';
import { partitionName } from '../names.ts';

/**
 * copying: fetched and appended. paused: waits for an operator. retired: the topic is gone. waiting: a passing hindrance
 * (nobody answers, no room yet), looked at again with every discovery.
 */
export type Phase = 'copying' | 'paused' | 'retired' | 'waiting';

/** One source partition in the hands of a shard's owner. */
export class CopiedPartition {
  readonly topic: string;
  readonly partition: number;
  readonly target: { readonly topic: string; readonly partition: number };
  /** As the ledger has it; undefined: it is new, and not in there yet. */
  committed: PartitionPosition | undefined;
  /** As it will be when the open transaction is committed. */
  next: PartitionPosition;
  phase: Phase = 'waiting';
  /** Why it is not copied. */
  detail = 'not looked at yet';
  /** The target refused a batch: copied up to there and no further, then paused. */
  stop: Pause | undefined;
  /** Its target partition took nothing: not tried again before. */
  restUntilMs = 0;
  restMs = 0;
  highWatermark = -1n;
  lastStableOffset = -1n;
  lastTimestampMs = 0;
  lastCommitMs = Date.now();
  /** Since when it has been behind without a commit, as far as anybody looked; undefined: it is not. */
  stalledSinceMs: number | undefined;

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

  /** The ends of the source's log, by the last answer of any kind. */
  sees(highWatermark: bigint, lastStableOffset: bigint): void {
    this.highWatermark = highWatermark;
    this.lastStableOffset = lastStableOffset;
    const caughtUp = (this.committed ?? this.next).position >= lastStableOffset;
    this.stalledSinceMs =
      caughtUp || this.phase !== 'copying' ? undefined : (this.stalledSinceMs ?? Date.now());
  }

  /** What `next` said is in the ledger. */
  isCommitted(nowMs: number): void {
    this.committed = this.next;
    this.lastCommitMs = nowMs;
    this.stalledSinceMs = undefined;
  }

  /** The source has records that the last fetch left there. */
  get behind(): boolean {
    return this.next.position < this.lastStableOffset;
  }

  get lagRecords(): number {
    return Math.max(0, Number(this.highWatermark - (this.committed ?? this.next).position));
  }

  /** How old the last copied record is, while there are others to copy. */
  get lagSeconds(): number {
    if (this.lagRecords === 0 || this.lastTimestampMs === 0) return 0;
    return Math.max(0, (Date.now() - this.lastTimestampMs) / 1000);
  }

  get lsoLagRecords(): number {
    return Math.max(0, Number(this.highWatermark - this.lastStableOffset));
  }

  get isPaused(): boolean {
    return this.phase === 'paused';
  }

  /**
   * Whether a commit has something to say of it. The last target offset is left out: it is learned after a commit and goes
   * with the next.
   */
  get hasMoved(): boolean {
    const { committed, next } = this;
    return (
      committed === undefined ||
      next.position !== committed.position ||
      next.retired !== committed.retired ||
      next.pause !== committed.pause ||
      next.topicId !== committed.topicId
    );
  }

  pause(pause: Pause, detail: string): void {
    this.phase = 'paused';
    this.detail = detail;
    this.stop = undefined;
    this.next = { ...this.next, pause };
  }
}
