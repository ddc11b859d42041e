import { contentHash, dedupKey, eventIdPosition } from '@penstock/events';
import {
  encodeBatch,
  recordBytesMax,
  type Codec,
  type OutgoingRecord,
  type RecordView,
  type TransactionSession,
} from '@penstock/kafka';
import { DedupWindow, type DedupLimits } from '../dedup/dedup-window.ts';
import { EventKey } from '../dedup/event-key.ts';
import { offsetAtTime, offsetOf, recordsBetween } from '../position/log-records.ts';
import { batchesOf } from '../replay/batches-of.ts';
import { sourceOf } from '../replay/replayed-record.ts';
import type { EncodedEvent, FilterTools } from '../request/filter-request.ts';
import { outcomesOf } from '../request/outcomes-of.ts';
import { offsetsOf, type ReprocessGroup, type ReprocessRange } from './reprocess-range.ts';

/** Output of one transaction. One request may exceed it. */
const chunkBytes = 2 * 1024 * 1024;
/** Raw records of one transaction: where nothing comes out, the position moves on all the same. */
const chunkRecords = 20_000;

/** What reprocessing works with. */
export interface ReprocessTools {
  readonly group: ReprocessGroup;
  readonly session: TransactionSession;
  readonly filter: FilterTools;
  readonly window: DedupLimits;
  readonly batchBytes: number;
  readonly compression: Codec;
}

/** What was made of one partition by this run. */
export interface PartitionReprocess {
  readonly partition: number;
  /** The raw offsets [start, end) of the whole reprocessing. */
  readonly start: bigint;
  readonly end: bigint;
  /** What is below it is in the target. */
  position: bigint;
  requests: number;
  events: number;
  /** Written to the target. */
  clean: number;
  rejected: number;
  unwanted: number;
  duplicate: number;
  /** Raw records that a replay wrote, whose request is in the range as it came first. */
  replays: number;
}

/** What is counted, and added up over partitions. */
export const counted = [
  'requests',
  'events',
  'clean',
  'rejected',
  'unwanted',
  'duplicate',
  'replays',
] as const;

export function nothingReprocessed({ partition, start, end, position }: ReprocessRange): PartitionReprocess {
  const counts = { requests: 0, events: 0, clean: 0, rejected: 0, unwanted: 0, duplicate: 0, replays: 0 };
  return { partition, start, end, position, ...counts };
}

/**
 * Filters one range of raw anew and writes the clean events into the target, from the position of `range` on.
 *
 * Duplicates are dropped as the service drops them. The window is not stored anywhere: it is made again from
 * the raw records of the last window before the position, which are filtered and not written. That is also
 * how a duplicate of an event that was received shortly before the range is known: the event is in clean.
 *
 * What a death leaves: outputs and the position are one transaction. Before its commit is sent, the next
 * run's InitProducerId aborts it, and that run begins at the position before. Once it is sent, the
 * coordinator's log decides for all of it. The position is read only when no transaction that holds it is
 * open.
 *
 * @param done is counted up with each commit.
 */
export async function reprocessPartition(
  tools: ReprocessTools,
  range: ReprocessRange,
  done: PartitionReprocess,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, raw } = tools.group;
  const { partition, position, end } = range;
  if (position >= end) return;
  const run = new Run(tools, range, done);
  const place = { cluster, topic: raw, partition };
  const logStart = await offsetOf(place, 'earliest', signal);
  const sinceMs = Math.max(0, range.streamMs - tools.window.windowMs);
  const since = await offsetAtTime(place, sinceMs, signal);
  const warmUp = since === undefined || since > position ? position : since > logStart ? since : logStart;
  for await (const record of recordsBetween(place, warmUp, position, signal)) {
    await run.remember(record);
  }
  for await (const record of recordsBetween(place, position, end, signal)) {
    await run.take(record);
    if (run.isFull) await run.commit(record.offset + 1n);
  }
  await run.commit(end);
}

/** The window, and what the open transaction holds. */
class Run {
  readonly #tools: ReprocessTools;
  readonly #range: ReprocessRange;
  readonly #done: PartitionReprocess;
  readonly #window: DedupWindow;
  readonly #key = new EventKey();
  #streamMs = 0;
  #open: PartitionReprocess;
  #records: OutgoingRecord[] = [];
  #bytes = 0;
  #taken = 0;

  constructor(tools: ReprocessTools, range: ReprocessRange, done: PartitionReprocess) {
    this.#tools = tools;
    this.#range = range;
    this.#done = done;
    this.#window = new DedupWindow(tools.window);
    this.#open = nothingReprocessed(range);
  }

  get isFull(): boolean {
    return this.#bytes >= chunkBytes || this.#taken >= chunkRecords;
  }

  /** Marks the events of a record that was filtered before. */
  async remember(record: RecordView): Promise<void> {
    for (const event of await this.#outcomes(record)) if (event.kind === 'encoded') this.#mark(event);
    this.#settle();
  }

  async take(record: RecordView): Promise<void> {
    this.#taken += 1;
    const open = this.#open;
    if (this.#isCopy(record)) {
      open.replays += 1;
      return;
    }
    const outcomes = await this.#outcomes(record);
    open.requests += 1;
    open.events += outcomes.length;
    // A copy: a view would keep the whole answer of the broker until the commit.
    const key = record.key === null ? null : Buffer.from(record.key);
    for (const outcome of outcomes) {
      if (outcome.kind !== 'encoded') open[outcome.kind] += 1;
      else if (this.#mark(outcome) !== 'new') open.duplicate += 1;
      else {
        open.clean += 1;
        this.#add({ key, value: outcome.encoded, timestampMs: outcome.receivedAtMs });
      }
    }
  }

  /** @param position after the last record that was taken. */
  async commit(position: bigint): Promise<void> {
    const { session, group, batchBytes, compression } = this.#tools;
    const { partition } = this.#range;
    for (const batch of batchesOf(this.#records, batchBytes)) {
      session.append(group.into, partition, encodeBatch(batch), compression);
    }
    const streamMs = Math.max(this.#range.streamMs, this.#streamMs);
    session.offsets(offsetsOf(group, [{ ...this.#range, position, streamMs }]));
    await session.commit();
    this.#settle();
    const done = this.#done;
    for (const name of counted) done[name] += this.#open[name];
    done.position = position;
    this.#open = nothingReprocessed(this.#range);
    this.#records = [];
    this.#bytes = 0;
    this.#taken = 0;
  }

  #outcomes(record: RecordView) {
    this.#streamMs = Math.max(this.#streamMs, record.timestampMs);
    const { group, filter } = this.#tools;
    return outcomesOf(record, group.raw, this.#range.partition, filter);
  }

  /** A replay wrote it, and what it wrote it from lies in the range: that one counts. */
  #isCopy(record: RecordView): boolean {
    const source = sourceOf(record);
    const { partition, start, end } = this.#range;
    return source?.partition === partition && source.offset >= start && source.offset < end;
  }

  #mark({ encoded, tenant }: EncodedEvent) {
    const id = encoded.subarray(eventIdPosition, eventIdPosition + 16);
    this.#key.set(dedupKey(tenant, id), contentHash(encoded));
    return this.#window.mark(this.#key.words);
  }

  /** Nothing but received_at tells how old something is: there is no second clock for what is long past. */
  #settle(): void {
    this.#window.settle({ streamMs: this.#streamMs, commitMs: this.#streamMs });
  }

  #add(record: OutgoingRecord): void {
    this.#records.push(record);
    this.#bytes += recordBytesMax(record);
  }
}
