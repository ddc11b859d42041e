import type { Event, IpPrivacy } from '@penstock/events';
import type { Fetched } from '@penstock/kafka';
import { readRecords } from '@penstock/kafka';
import type { Log } from '@penstock/service';
import type { DedupWindow } from '../dedup/dedup-window.ts';
import { filterRequest, type FilterTools, type OutcomeSink } from '../request/filter-request.ts';
import type { Original } from '../request/original-bytes.ts';
import { OutputBatches } from './output-batches.ts';
import type { PerMinute } from './per-minute.ts';
import { Poison } from '../request/poison.ts';
import { headerTexts, type RawRecord } from '../request/raw-request.ts';
import { rejectedRecord, type Rejection } from '../request/rejected-record.ts';
import { encodeSeenRecords } from '../dedup/seen-record.ts';
import { emptyTally, type Tally } from '../dedup/tally.ts';

export interface LaneOptions {
  readonly tools: FilterTools;
  readonly topics: {
    readonly raw: string;
    readonly clean: string;
    readonly rejected: string;
    readonly seen: string;
  };
  /** Event type -> clean topic of its own. */
  readonly routes: Readonly<Record<string, string>>;
  readonly ipPrivacy: IpPrivacy;
  readonly batchBytesMax: number;
  /** How many conflicts are kept as samples in events.rejected, and duplicates named in the log. */
  readonly samples: { readonly conflicts: PerMinute; readonly duplicates: PerMinute };
  readonly log: Pick<Log, 'info'>;
  send(topic: string, partition: number, batch: { bytes: Buffer; count: number }): void;
}

export interface LaneStart {
  readonly partition: number;
  readonly topicId: string;
  readonly offset: bigint;
  readonly leaderEpoch: number;
  readonly streamTimeMs: number;
  readonly window: DedupWindow;
}

/** What the open transaction holds of one partition. Begins anew with each transaction. */
interface Open {
  tally: Tally;
  reasons: Map<string, number>;
  fixes: Map<string, number>;
  /** received_at of each request, for the delay. */
  receivedMs: number[];
}

/**
 * One partition of raw that this thread owns: its position, its window, and what the open transaction made of it.
 * Synchronous and without I/O of its own; the thread feeds it and ends the transactions.
 */
export class PartitionLane implements OutcomeSink {
  readonly partition: number;
  readonly topicId: string;
  readonly window: DedupWindow;
  readonly poison = new Poison();
  readonly outputs: OutputBatches;
  /** Behind the last raw record that was processed; the transaction commits it. */
  position: bigint;
  /** Kafka's last word. */
  committed: bigint;
  leaderEpoch: number;
  /** Highest received_at so far: the clock of the window. */
  streamTimeMs: number;
  highWatermark = -1n;
  open: Open = newOpen();
  readonly #options: LaneOptions;
  #committedEpoch: number;
  #record!: RawRecord;
  #key: Buffer | null = null;

  constructor(start: LaneStart, options: LaneOptions) {
    this.partition = start.partition;
    this.topicId = start.topicId;
    this.window = start.window;
    this.position = start.offset;
    this.committed = start.offset;
    this.leaderEpoch = start.leaderEpoch;
    this.#committedEpoch = start.leaderEpoch;
    this.streamTimeMs = start.streamTimeMs;
    this.#options = options;
    this.outputs = new OutputBatches(start.partition, options);
  }

  get isDirty(): boolean {
    return this.position !== this.committed;
  }

  get lag(): number {
    return this.highWatermark < 0n ? 0 : Math.max(0, Number(this.highWatermark - this.position));
  }

  /**
   * Filters the records of one answer, one at a time, so that the caller may end the transaction (or stop) in between:
   * `position` is right after each.
   */
  *process(fetched: Fetched): Generator<void> {
    this.highWatermark = fetched.highWatermark;
    for (const batch of fetched.batches) {
      for (const record of readRecords(batch)) {
        if (record.offset < this.position) continue;
        this.#filter(record);
        this.position = record.offset + 1n;
        this.leaderEpoch = batch.leaderEpoch;
        yield;
      }
    }
    if (fetched.nextOffset > this.position) this.position = fetched.nextOffset;
  }

  #filter(record: RawRecord): void {
    this.#record = record;
    // A copy: the views would keep the whole answer of the broker until the batch is full.
    this.#key = record.key === null ? null : Buffer.from(record.key);
    this.open.tally.requests += 1;
    this.open.receivedMs.push(record.timestampMs);
    if (record.timestampMs > this.streamTimeMs) this.streamTimeMs = record.timestampMs;
    filterRequest(record, this.partition, this.#options.tools, this.window, this.poison, this);
  }

  clean(event: Event, encoded: Buffer, index: number): void {
    this.open.tally.events += 1;
    this.open.tally.clean += 1;
    for (const fix of event.fixes) increment(this.open.fixes, fix);
    const topic = this.#options.routes[event.event_type] ?? this.#options.topics.clean;
    const record = { key: this.#key, value: encoded, timestampMs: event.received_at };
    this.outputs.add(topic, record, { rawOffset: this.#record.offset, index });
  }

  rejected(
    rejection: Rejection & { unwanted: boolean; fixes: readonly string[] },
    bytes: Uint8Array,
    index: number | undefined,
    inflated: boolean,
  ): void {
    this.open.tally.events += 1;
    this.open.tally[rejection.unwanted ? 'unwanted' : 'rejected'] += 1;
    increment(this.open.reasons, rejection.reason);
    for (const fix of rejection.fixes) increment(this.open.fixes, fix);
    if (rejection.rule !== undefined) increment(this.open.fixes, rejection.rule);
    this.#writeRejected(rejection, bytes, index, inflated);
  }

  duplicate(event: Event, index: number, sample: (() => Original) | undefined): void {
    this.open.tally.events += 1;
    this.open.tally.duplicate += 1;
    if (this.#options.samples.duplicates.allows(Date.now())) {
      const eventId = event.event_id.toString('hex');
      const { partition } = this;
      this.#options.log.info(
        { partition, eventId, conflict: sample !== undefined },
        'duplicate event (a sample)',
      );
    }
    if (sample === undefined) return;
    this.open.tally.conflict += 1;
    if (!this.#options.samples.conflicts.allows(Date.now())) return;
    const { bytes, inflated, note } = sample();
    const rejection: Rejection = {
      reason: 'duplicate-conflict',
      stage: 'deduplicate',
      detail: `the first event with this id went to clean${note}`,
    };
    this.#writeRejected(rejection, bytes, index, inflated);
  }

  #writeRejected(
    rejection: Rejection,
    bytes: Uint8Array,
    index: number | undefined,
    inflated: boolean,
  ): void {
    const { topics, ipPrivacy } = this.#options;
    const { offset, timestampMs } = this.#record;
    const headers = headerTexts(this.#record);
    const source = {
      topic: topics.raw,
      partition: this.partition,
      offset,
      index,
      key: this.#key,
      timestampMs,
      headers,
    };
    const copy = Buffer.from(bytes); // may be a view of the answer
    const record = rejectedRecord(copy, rejection, source, { ipPrivacy, inflated });
    this.outputs.add(topics.rejected, record, { rawOffset: offset, index: index ?? -1 });
  }

  /** Writes what is collected, and the record of events.seen that tells a next owner what this transaction did. */
  finish(): void {
    const seen = {
      tally: this.open.tally,
      from: this.committed,
      to: this.position,
      keys: this.window.pendingKeys(),
    };
    if (seen.tally.requests > 0) {
      for (const value of encodeSeenRecords(seen)) {
        const source = { rawOffset: this.committed, index: -1 };
        this.outputs.add(
          this.#options.topics.seen,
          { key: null, value, timestampMs: this.streamTimeMs },
          source,
        );
      }
    }
    this.outputs.flush();
  }

  /** The transaction is certainly committed, positions included. */
  settled(): void {
    this.committed = this.position;
    this.window.settle(this.streamTimeMs);
    this.#committedEpoch = this.leaderEpoch;
    this.poison.forgetBelow(this.committed);
    if (this.poison.size === 0) this.outputs.oneRecordEach = false;
    this.#begin();
  }

  /** The transaction is certainly not committed: everything since `committed` comes again. */
  undone(): void {
    this.position = this.committed;
    this.leaderEpoch = this.#committedEpoch;
    this.window.undo();
    this.#begin();
  }

  #begin(): void {
    this.outputs.clear();
    this.open = newOpen();
  }
}

function newOpen(): Open {
  return { tally: emptyTally(), reasons: new Map(), fixes: new Map(), receivedMs: [] };
}

function increment(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
