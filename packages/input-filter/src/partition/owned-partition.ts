import {
  CorruptBatchError,
  readRecords,
  type Fetched,
  type FetchedBatch,
  type PositionProblem,
} from '@penstock/kafka';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import { encodeSeenRecords, seenHeaders } from '../dedup/seen-record.ts';
import type { WindowTime } from '../dedup/window-time.ts';
import type { FilterTools } from '../request/filter-request.ts';
import type { LargeBodies } from '../request/large-bodies.ts';
import type { FilterTopics } from '../topics.ts';
import { steadyClockMs } from '../wall-clock.ts';
import { Backlog } from './backlog.ts';
import type { DuplicateSamples } from './duplicate-samples.ts';
import { filterRecord, type FilteredRecord, type Piece } from './filter-record.ts';
import { OutcomeWriter, type OpenOutcomes } from './outcome-writer.ts';
import { OutputBatches, type Output } from './output-batches.ts';
import type { SeenAccepted } from '../position/position-metadata.ts';
import { unreadable } from '../position/unreadable-batch.ts';
import { boundedStreamMs, type ReceiverClocks } from './receiver-clocks.ts';

/** Where a partition stands when it is taken over. */
export interface PartitionStart {
  readonly partition: number;
  readonly topicId: string;
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly streamTimeMs: number;
  readonly window: DedupWindow;
  /** See PositionMetadata. */
  readonly seenAccepted: SeenAccepted | null;
}

/** What all partitions of a thread share. */
export interface PartitionTools {
  readonly filter: FilterTools;
  readonly topics: FilterTopics;
  readonly output: Output;
  readonly largeBodies: LargeBodies;
  readonly samples: DuplicateSamples;
  readonly clocks: ReceiverClocks;
}

/** A piece of writing, which takes microseconds for each event. */
const eventsPerPiece = 16;

/**
 * One partition of raw that this thread owns: its position, its de-duplication window, and what the open
 * transaction made of it. It does no I/O of its own; the thread gives it what was fetched and time to work,
 * and ends the transactions.
 *
 * The work is cut into pieces of bounded cost, so that no request holds up the others. The events of a
 * request are kept aside until all of them are filtered, and only then written and marked. So the transaction
 * may be ended between any two pieces: half a request is in none.
 */
export class OwnedPartition {
  readonly partition: number;
  readonly topicId: string;
  readonly window: DedupWindow;
  readonly seenAccepted: SeenAccepted | null;
  readonly outputs: OutputBatches;
  readonly backlog = new Backlog();
  readonly #tools: PartitionTools;
  readonly #writer: OutcomeWriter;
  #position: bigint;
  #committed: bigint;
  #leaderEpoch: number;
  #committedEpoch: number;
  #streamTimeMs: number;
  /** Of the transaction that is being committed. */
  #openTime: WindowTime;
  /** received_at of each request of the open transaction, in order. */
  #receivedMs: number[] = [];
  /** The end of raw as last heard: a partition that rests is not fetched, and is behind all the same. */
  #highWatermark = -1n;
  /** received_at of the request that is being filtered. */
  #filteredMs: number | undefined;
  /** Since when there are records that are not fetched yet, as far as is known. */
  #behindSince: number | undefined;
  #working: Generator<Piece> | undefined;
  #awaited: Promise<void> | undefined;
  #isWriting = false;
  /** A batch that cannot be read, though its checksum is right. */
  #unreadable: PositionProblem | undefined;

  constructor(start: PartitionStart, tools: PartitionTools) {
    this.partition = start.partition;
    this.topicId = start.topicId;
    this.window = start.window;
    this.seenAccepted = start.seenAccepted;
    this.outputs = new OutputBatches(start.partition, tools.output);
    this.#tools = tools;
    const { topics, filter, samples } = tools;
    this.#writer = new OutcomeWriter(this.window, this.outputs, topics, filter.ipPrivacy, samples);
    this.#position = start.offset;
    this.#committed = start.offset;
    this.#leaderEpoch = start.leaderEpoch;
    this.#committedEpoch = start.leaderEpoch;
    this.#streamTimeMs = start.streamTimeMs;
    this.#openTime = { streamMs: start.streamTimeMs, commitMs: steadyClockMs() };
  }

  /** After the last raw record that was filtered: what the transaction commits. */
  get position(): bigint {
    return this.#position;
  }

  /** The position that Kafka has. */
  get committed(): bigint {
    return this.#committed;
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch;
  }

  /** Highest received_at so far, within what clocks may differ. */
  get streamTimeMs(): number {
    return this.#streamTimeMs;
  }

  /** The open transaction holds something of it. */
  get isDirty(): boolean {
    return this.#isWriting || this.#position !== this.#committed;
  }

  get open(): OpenOutcomes & { readonly receivedMs: readonly number[] } {
    return { ...this.#writer.open, receivedMs: this.#receivedMs };
  }

  get poison(): OutcomeWriter['poison'] {
    return this.#writer.poison;
  }

  /** Whether `work` would get on now. */
  get isBusy(): boolean {
    return this.#awaited === undefined && (this.#working !== undefined || this.#hasMore);
  }

  /** What stopped the fetching or the reading, once everything before it is filtered. */
  get problem(): PositionProblem | undefined {
    return this.#working === undefined ? (this.#unreadable ?? this.backlog.problem) : undefined;
  }

  /**
   * Filters what was fetched until `untilAt`, or until the output budget is spent. Stops between any two
   * pieces.
   * @param wake called when a piece that has to be waited for is done.
   */
  work(untilAt: number, wake: () => void): void {
    while (this.isBusy && !this.#tools.output.budget.isSpent) {
      this.#working ??= this.#filterBacklog();
      const { done, value } = this.#working.next();
      if (done) this.#working = undefined;
      else if (value !== undefined) return this.#wait(value, wake);
      if (performance.now() >= untilAt) return;
    }
  }

  /**
   * Raw records below `highWatermark` that are not committed. Without it, the last one that was known counts.
   */
  recordsBehind(highWatermark = -1n): number {
    if (highWatermark > this.#highWatermark) this.#highWatermark = highWatermark;
    return Math.max(0, Number(this.#highWatermark - this.#committed));
  }

  /**
   * How far the partition is behind, and for how long the oldest record that is not committed has been
   * waiting.
   */
  lag(highWatermark: bigint, nowMs: number): { records: number; seconds: number } {
    const records = this.recordsBehind(highWatermark);
    const oldestMs = this.#receivedMs[0] ?? this.#filteredMs ?? this.backlog.oldestMs;
    if (records === 0 || oldestMs !== undefined) this.#behindSince = undefined;
    if (records === 0) return { records, seconds: 0 };
    if (oldestMs !== undefined) return { records, seconds: Math.max(0, nowMs - oldestMs) / 1000 };
    // Known to be there, but not fetched yet.
    this.#behindSince ??= performance.now();
    return { records, seconds: (performance.now() - this.#behindSince) / 1000 };
  }

  /** Some outcomes of a request are written, and not all: the transaction must not end now. */
  get isWriting(): boolean {
    return this.#isWriting;
  }

  /** Writes the rest of such a request until `untilAt`. */
  goOnWriting(untilAt: number): void {
    while (this.#isWriting && performance.now() < untilAt) this.#working?.next();
  }

  /** Writes what is collected, and what tells the next owner about this transaction. */
  finish(): void {
    if (this.#isWriting) throw new Error('a transaction must not end inside of a request');
    const { tally } = this.#writer.open;
    const seen = { tally, from: this.#committed, to: this.#position, keys: this.window.pendingKeys() };
    const commitMs = steadyClockMs();
    this.#openTime = { streamMs: this.#streamTimeMs, commitMs };
    if (tally.requests > 0) {
      for (const value of encodeSeenRecords(seen)) {
        const record = { key: null, value, timestampMs: commitMs, headers: seenHeaders(this.#openTime) };
        this.outputs.add(this.#tools.topics.seen, record, { rawOffset: this.#committed, index: -1 });
      }
    }
    this.outputs.flush();
  }

  /** The transaction is certainly committed, positions included. */
  settled(): void {
    this.#committed = this.#position;
    this.#committedEpoch = this.#leaderEpoch;
    this.window.settle(this.#openTime);
    this.poison.forgetBelow(this.#committed);
    if (this.poison.size === 0) this.outputs.oneRecordEach = false;
    this.#begin();
  }

  /** The transaction is certainly not committed: everything since `committed` comes again. */
  undone(): void {
    this.#position = this.#committed;
    this.#leaderEpoch = this.#committedEpoch;
    this.window.undo();
    this.forgetFetched();
    this.#begin();
  }

  /** What was fetched is fetched again, from `position`. */
  forgetFetched(): void {
    this.backlog.clear();
    this.#working?.return(undefined);
    this.#working = undefined;
    this.#awaited = undefined;
    this.#isWriting = false;
    this.#filteredMs = undefined;
    this.#unreadable = undefined;
  }

  #begin(): void {
    this.outputs.clear();
    this.#writer.clear();
    this.#receivedMs = [];
  }

  get #hasMore(): boolean {
    return !this.backlog.isEmpty && this.backlog.problem === undefined && this.#unreadable === undefined;
  }

  #wait(piece: Promise<void>, wake: () => void): void {
    this.#awaited = piece;
    void piece.finally(() => {
      if (this.#awaited === piece) this.#awaited = undefined; // else it was forgotten meanwhile
      wake();
    });
  }

  *#filterBacklog(): Generator<Piece> {
    for (let fetched = this.backlog.take(); fetched !== undefined; fetched = this.backlog.take()) {
      yield* this.#filterFetched(fetched);
      if (this.#unreadable !== undefined) return;
    }
  }

  *#filterFetched(fetched: Fetched): Generator<Piece> {
    for (const batch of fetched.batches) {
      try {
        yield* this.#filterBatch(batch);
      } catch (error) {
        if (!(error instanceof CorruptBatchError) || this.#isWriting) throw error;
        this.#filteredMs = undefined;
        this.#unreadable = unreadable('raw', this.#position, batch, error);
        return;
      }
    }
    if (fetched.nextOffset > this.#position) this.#position = fetched.nextOffset;
  }

  *#filterBatch(batch: FetchedBatch): Generator<Piece> {
    for (const record of readRecords(batch)) {
      if (record.offset < this.#position) continue;
      this.#filteredMs = record.timestampMs;
      yield* filterRecord(record, this.partition, this.#streamTimeMs, this.#tools, (filtered) =>
        this.#write(filtered),
      );
      this.#position = record.offset + 1n;
      this.#leaderEpoch = batch.leaderEpoch;
      this.#isWriting = false;
      this.#filteredMs = undefined;
      yield;
    }
  }

  /** The caller moves the position and ends the writing. */
  *#write({ events, source }: FilteredRecord): Generator<Piece> {
    const { tally } = this.#writer.open;
    tally.requests += 1;
    tally.events += events.length;
    this.#receivedMs.push(source.timestampMs);
    this.#streamTimeMs = Math.max(this.#streamTimeMs, boundedStreamMs(source.timestampMs));
    this.#isWriting = true;
    let written = 0;
    for (const event of events) {
      this.#writer.write(event, source);
      if (++written % eventsPerPiece === 0) yield;
    }
  }
}
