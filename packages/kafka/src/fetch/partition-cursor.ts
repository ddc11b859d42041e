import { backoffMs } from '../cluster/retrying.ts';
import type { FetchPartition } from '../requests/fetch.ts';
import type { Fetched, PositionProblem } from './fetched.ts';
import { FetchedPart } from './fetched-part.ts';
import type { Frame } from './frame-pool.ts';
import type { VisibleBatches } from './visible-batches.ts';

/** Kafka's metadata.max.age.ms: how long a closer replica is used before the leader is asked again (KIP-392). */
const replicaLeaseMs = 300_000;

/** A position to fetch from. */
export interface FetchPosition {
  offset: bigint;
  /** Leader epoch of the record before `offset`, as committed with it; -1 unknown, then a truncation cannot be told. */
  lastFetchedEpoch: number;
  /** The topic id that the position belongs to; without it the present one is taken. */
  topicId?: string | undefined;
}

/** Where the reading of one partition stands. A new one for each assignment, so that late answers find nobody. */
export class PartitionCursor {
  readonly topic: string;
  readonly partition: number;
  topicId: string | undefined;
  /** Next to be fetched. */
  offset: bigint;
  lastEpoch: number;
  /** Behind what the caller was given. */
  handedOffset: bigint;
  paused = false;
  /** Bytes of records that were fetched and not handed out yet. */
  waitingBytes = 0;
  /** fetching; confirming: a doubt about the position is being asked; stopped: a problem was told. */
  state: 'fetching' | 'confirming' | 'stopped' = 'fetching';
  retryAtMs = 0;
  highWatermark = -1n;
  lastStableOffset = -1n;
  logStartOffset = -1n;
  /** How often in a row the batch at `offset` was damaged, or the broker refused an offset that is in its log. */
  corruptTries = 0;
  refusals = 0;
  #handedEpoch: number;
  #tries = 0;
  #replica = -1;
  #replicaUntilMs = 0;

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
  nodeFor(leader: number, nowMs: number): number {
    return this.#replica >= 0 && nowMs < this.#replicaUntilMs ? this.#replica : leader;
  }

  preferReplica(nodeId: number): void {
    this.#replica = nodeId;
    this.#replicaUntilMs = Date.now() + replicaLeaseMs;
  }

  /** True when the answer came from a follower, which is no authority: the leader is asked next. */
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
    this.retryAtMs = Date.now() + backoffMs(this.#tries++);
  }

  moveTo(read: VisibleBatches): void {
    this.offset = read.nextOffset;
    if (read.lastEpoch >= 0) this.lastEpoch = read.lastEpoch;
    this.corruptTries = 0;
  }

  answered(): void {
    this.#tries = 0;
    this.refusals = 0;
  }

  handedOut(fetched: Fetched): void {
    this.handedOffset = fetched.nextOffset;
    this.#handedEpoch = fetched.lastEpoch;
  }

  /** Back to what the caller was given last. A problem that nobody was told of is found again. */
  rewind(): void {
    this.offset = this.handedOffset;
    this.lastEpoch = this.#handedEpoch;
    if (this.state === 'stopped') this.state = 'fetching';
  }

  /** What an answer brought, after the cursor has moved behind it. */
  fetched(read: VisibleBatches, bytes: number, frame: Frame): FetchedPart {
    return new FetchedPart({ ...this.#place(), batches: read.batches, bytes }, frame);
  }

  /** The last thing that is told of it. */
  stopped(problem: PositionProblem): FetchedPart {
    return new FetchedPart({ ...this.#place(), batches: [], bytes: 0, problem }, undefined);
  }

  #place() {
    const { topic, partition, offset: nextOffset, lastEpoch } = this;
    const { highWatermark, lastStableOffset, logStartOffset } = this;
    return { topic, partition, nextOffset, lastEpoch, highWatermark, lastStableOffset, logStartOffset };
  }
}
