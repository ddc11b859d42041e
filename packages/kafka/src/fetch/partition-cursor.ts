import { backoffMs } from '../errors/retrying.ts';
import type { FetchPartition } from '../requests/fetch.ts';
import type { Fetched, PositionProblem } from './fetched.ts';
import { FetchedPart } from './fetched-part.ts';
import type { Frame } from './frame-pool.ts';
import type { VisibleBatches } from './visible-batches.ts';

/**
 * Kafka's metadata.max.age.ms: how long a closer replica is used before the leader is asked again (KIP-392).
 */
const replicaLeaseMs = 300_000;

/** A position to fetch from. */
export interface FetchPosition {
  offset: bigint;
  /**
   * Leader epoch of the record before `offset`, as committed with it. -1: unknown; a truncation is not
   * noticed then.
   */
  lastFetchedEpoch: number;
  /** The topic id that the position belongs to. Without it, the topic's present id. */
  topicId?: string | undefined;
}

/**
 * How far the reading of one partition is. Each assignment makes a new one, so late answers do not find it.
 */
export class PartitionCursor {
  readonly topic: string;
  readonly partition: number;
  topicId: string | undefined;
  /** The next offset to fetch. */
  offset: bigint;
  lastEpoch: number;
  /** The position after what the caller was given. */
  handedOffset: bigint;
  /** `next` passes it over. */
  paused = false;
  /** Bytes of records that were fetched but not handed out yet. */
  waitingBytes = 0;
  /** confirming: the leader is asked whether the position is gone. ended: it is, and the caller was told. */
  state: 'fetching' | 'confirming' | 'ended' = 'fetching';
  /** It is not fetched before this moment. */
  retryAt = 0;
  highWatermark = -1n;
  lastStableOffset = -1n;
  logStartOffset = -1n;
  /** When the broker last answered about it; undefined: not yet. */
  answeredAt: number | undefined;
  /** How often in a row the batch at `offset` was damaged. */
  corruptTries = 0;
  /** How often in a row the broker refused an offset that is in its log. */
  refusals = 0;
  #handedEpoch: number;
  #tries = 0;
  #replica = -1;
  #replicaUntil = 0;

  constructor(topic: string, partition: number, at: FetchPosition) {
    this.topic = topic;
    this.partition = partition;
    this.topicId = at.topicId;
    this.offset = at.offset;
    this.lastEpoch = at.lastFetchedEpoch;
    this.handedOffset = at.offset;
    this.#handedEpoch = at.lastFetchedEpoch;
  }

  /** The broker to ask: a closer replica while it serves, else the leader. */
  nodeFor(leader: number, now: number): number {
    return this.#replica >= 0 && now < this.#replicaUntil ? this.#replica : leader;
  }

  preferReplica(nodeId: number): void {
    this.#replica = nodeId;
    this.#replicaUntil = performance.now() + replicaLeaseMs;
  }

  /** The leader is asked next. True when the last answer came from a follower, which has no authority. */
  backToLeader(): boolean {
    const wasReplica = this.#replica >= 0;
    this.#replica = -1;
    return wasReplica;
  }

  request(currentLeaderEpoch: number, partitionMaxBytes: number): FetchPartition {
    return {
      partition: this.partition,
      currentLeaderEpoch,
      fetchOffset: this.offset,
      lastFetchedEpoch: this.lastEpoch,
      partitionMaxBytes,
    };
  }

  retryLater(): void {
    this.retryAt = performance.now() + backoffMs(this.#tries++);
  }

  moveTo(read: VisibleBatches): void {
    this.offset = read.nextOffset;
    if (read.lastEpoch >= 0) this.lastEpoch = read.lastEpoch;
    this.corruptTries = 0;
  }

  answered(): void {
    this.answeredAt = performance.now();
    this.#tries = 0;
    this.refusals = 0;
  }

  handedOut(fetched: Fetched): void {
    this.handedOffset = fetched.nextOffset;
    this.#handedEpoch = fetched.lastEpoch;
  }

  /**
   * Goes back to what the caller was given last. A problem that the caller was not told of is found again.
   */
  rewind(): void {
    this.offset = this.handedOffset;
    this.lastEpoch = this.#handedEpoch;
    if (this.state === 'ended') this.state = 'fetching';
  }

  /** What an answer brought. The cursor has already moved after it. */
  fetched(read: VisibleBatches, bytes: number, frame: Frame): FetchedPart {
    return new FetchedPart({ ...this.#marks(), batches: read.batches, bytes }, frame);
  }

  /** The last thing that the caller gets of this partition. */
  ended(problem: PositionProblem): FetchedPart {
    return new FetchedPart({ ...this.#marks(), batches: [], bytes: 0, problem }, undefined);
  }

  #marks() {
    const { topic, partition, offset: nextOffset, lastEpoch } = this;
    const { highWatermark, lastStableOffset, logStartOffset } = this;
    return { topic, partition, nextOffset, lastEpoch, highWatermark, lastStableOffset, logStartOffset };
  }
}
