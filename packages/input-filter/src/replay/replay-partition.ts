import { rejectedHeaders } from '@penstock/events';
import { recordBytesMax, type Cluster, type OutgoingRecord, type RecordView } from '@penstock/kafka';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordsBetween } from '../position/log-records.ts';
import { headerTexts } from '../request/raw-request.ts';
import { wallClockMs } from '../wall-clock.ts';
import { readMarks, ReplayMarks } from './replay-marks.ts';
import { replayedRecord } from './replayed-record.ts';
import { isSelected, type Selection } from './selection.ts';

/** Of one transaction, so that a death holds up the readers of raw for little. */
const chunkBytes = 4 * 1024 * 1024;
const chunkRecords = 5_000;
/** Records that stay are named up to here, and all are counted. */
const namedMax = 20;
/** A batch's own header, generously. */
const batchHeaderBytes = 128;

/** What a replay works with. */
export interface ReplayTools {
  readonly cluster: Cluster;
  readonly rejected: string;
  readonly rejectedTopicId: string;
  /** The topic of marks is there; without it nothing was ever replayed. */
  readonly hasMarks: boolean;
  readonly selection: Selection;
  /** max.message.bytes of raw. */
  readonly rawBytesMax: number;
  /** Records a second at most. */
  readonly perSecond?: number | undefined;
  /**
   * Writes records to raw and marks beside them, in one transaction. Throws when that is not certain.
   * Undefined: nothing is written, and what is found is counted.
   */
  readonly write?: (
    partition: number,
    records: readonly OutgoingRecord[],
    marks: Uint8Array,
  ) => Promise<void>;
}

/** What became of the rejected records of one partition. Offsets are those of rejected. */
export interface PartitionReplay {
  readonly partition: number;
  /** The first record that can fit the selection. */
  readonly from: bigint;
  /** The end when the replay began: what replayed events become in rejected comes after it. */
  readonly to: bigint;
  /** After the last record that was looked at. */
  position: bigint;
  /** Records that the selection fits. Each is in exactly one of the counts below. */
  selected: number;
  /** Written to raw by this run; in a dry run those that would be. */
  replayed: number;
  /** Replayed by an earlier run. */
  before: number;
  /** The same thing, byte for byte, rejected more than once: it is replayed once. */
  copies: number;
  /** Kept without their envelope: they may lack what they inherited. */
  incomplete: number;
  /** Larger than raw takes. */
  tooLarge: number;
  /** The first few offsets that were incomplete or too large. */
  left: bigint[];
  /** Of those that were replayed. */
  readonly reasons: Record<string, number>;
}

export function nothingReplayed(partition: number, from: bigint, to: bigint): PartitionReplay {
  const counts = { selected: 0, replayed: 0, before: 0, copies: 0, incomplete: 0, tooLarge: 0 };
  return { partition, from, to, position: from, ...counts, left: [], reasons: {} };
}

/**
 * Replays what is selected of one partition of events.rejected into the raw partition of the same number,
 * where the key's other requests are. One pass; another one after it finds everything marked.
 *
 * What a death leaves, line by line. Before the commit of a chunk is sent: records of raw and marks lie in
 * the logs unfinished. Nobody sees them, and the next replay's InitProducerId, or the transaction timeout
 * (10 s), aborts them; until then the filter waits before them. After it: both are decided, and the next
 * replay reads the marks before it writes anything. In between, the coordinator's log decides for both
 * together. So a record is in raw exactly when its mark is there.
 *
 * @param done is counted up while it runs.
 */
export async function replayPartition(
  tools: ReplayTools,
  done: PartitionReplay,
  signal: AbortSignal,
): Promise<void> {
  const { cluster, rejected, rejectedTopicId: id, hasMarks } = tools;
  const marks = hasMarks ? await readMarks(cluster, rejected, id, done.partition, signal) : new ReplayMarks();
  const pass = new Pass(tools, done, marks, signal);
  const place = { cluster, topic: rejected, partition: done.partition };
  for await (const record of recordsBetween(place, done.from, done.to, signal)) {
    done.position = record.offset + 1n;
    pass.take(record);
    if (pass.isFull) await pass.flush();
  }
  await pass.flush();
  done.position = done.to;
}

/** One pass over a partition: what is selected collects in a chunk, and each chunk is one transaction. */
class Pass {
  readonly #tools: ReplayTools;
  readonly #done: PartitionReplay;
  readonly #marks: ReplayMarks;
  readonly #signal: AbortSignal;
  readonly #beganAt = performance.now();
  /** Marks that are certain, or were when the pass began. */
  #marked: number;
  #written = 0;
  #records: OutgoingRecord[] = [];
  #reasons: string[] = [];
  #bytes = 0;

  constructor(tools: ReplayTools, done: PartitionReplay, marks: ReplayMarks, signal: AbortSignal) {
    this.#tools = tools;
    this.#done = done;
    this.#marks = marks;
    this.#signal = signal;
    this.#marked = marks.count;
  }

  get isFull(): boolean {
    const recordsMax = Math.min(chunkRecords, this.#tools.perSecond ?? chunkRecords);
    return this.#bytes >= chunkBytes || this.#records.length >= recordsMax;
  }

  take(record: RecordView): void {
    const done = this.#done;
    const headers = headerTexts(record);
    if (!isSelected(this.#tools.selection, headers, record.timestampMs)) return;
    done.selected += 1;
    const replayed = replayedRecord(record, headers, wallClockMs());
    if (replayed === undefined) return this.#leave('incomplete', record.offset);
    const bytes = recordBytesMax(replayed.record);
    if (bytes + batchHeaderBytes > this.#tools.rawBytesMax) return this.#leave('tooLarge', record.offset);
    const found = this.#marks.add(replayed.identity, record.offset);
    if (found !== 'new') {
      done[found === 'copy' ? 'copies' : 'before'] += 1;
      return;
    }
    this.#records.push(replayed.record);
    this.#reasons.push(headers.get(rejectedHeaders.reason) ?? '');
    this.#bytes += bytes;
  }

  async flush(): Promise<void> {
    const records = this.#records;
    if (records.length === 0) return;
    await this.#tools.write?.(this.#done.partition, records, this.#marks.encodedFrom(this.#marked));
    this.#done.replayed += records.length;
    for (const reason of this.#reasons) this.#done.reasons[reason] = (this.#done.reasons[reason] ?? 0) + 1;
    this.#written += records.length;
    this.#marked = this.#marks.count;
    this.#records = [];
    this.#reasons = [];
    this.#bytes = 0;
    await this.#slowDown();
  }

  async #slowDown(): Promise<void> {
    const { perSecond, write } = this.#tools;
    if (perSecond === undefined || write === undefined) return;
    const waitMs = this.#beganAt + (this.#written / perSecond) * 1_000 - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal: this.#signal });
  }

  #leave(why: 'incomplete' | 'tooLarge', offset: bigint): void {
    this.#done[why] += 1;
    if (this.#done.left.length < namedMax) this.#done.left.push(offset);
  }
}
