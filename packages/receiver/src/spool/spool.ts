import { setTimeout as sleep } from 'node:timers/promises';
import type { Log, Metrics } from '@penstock/service';
import type { ProblemCode } from '../api/problems.ts';
import type { ReceiverMetrics } from '../metrics.ts';
import type { KeyedRecord } from '../raw/raw-record.ts';
import { codeOf, type Position, type Segment, type SpoolFolder } from './spool-folder.ts';
import { SpoolReader, type Chunk } from './spool-reader.ts';
import { SpoolRoom } from './spool-room.ts';
import { SpoolWriter } from './spool-writer.ts';

/** Where an acknowledged record is. */
export type Stored = 'kafka' | 'spool';

/** What the producer is given with a record. */
export interface ProducedToken {
  readonly bodyBytes: number;
  settled(problem: ProblemCode | undefined, stored?: Stored): void;
}

export interface SpoolOptions {
  folder: SpoolFolder;
  bytesMax: number;
  log: Log;
  metrics: ReceiverMetrics;
  /** Gives a record to the producer; false when its memory is full. */
  produce(record: KeyedRecord, token: ProducedToken): boolean;
  /** False while the raw topic cannot keep the promise. */
  mayProduce(): boolean;
}

const chunkBytes = 256 * 1024;
const chunkRecords = 500;
const tryAgainMs = 1_000;

/**
 * Keeps what Kafka does not take, for clients that cannot send again.
 *
 * direct: records go to Kafka; what it does not take goes to the spool. spooling: as long as something is in
 * the spool, everything goes after it, so replay keeps the order. handing-over: nearly nothing is left; new
 * records wait for some milliseconds until the rest is with the producer, and then go after it.
 *
 * If the process dies before the sync of a record ends: nobody was told 200, and the next start finds it
 * whole and stores it, or torn and drops it. Between sync and answer: it is stored, though its client was
 * never told. Between Kafka's answer and the new position: that chunk (256 KiB at most) is replayed, to the
 * same partition, so the copies are recognised by their event ids. Between the new position and the removal
 * of the file: the next start removes it. What Kafka may have taken before it went away (`unknown`) is in the
 * spool, too: the same copies, recognised if the window of the Input Filter still knows them. What was on its
 * way to Kafka when it went away comes to the spool a moment later than newer records may have.
 */
export class Spool implements AsyncDisposable {
  readonly #o: SpoolOptions;
  readonly #writer: SpoolWriter;
  readonly #reader: SpoolReader;
  readonly #room: SpoolRoom;
  readonly #segments: Segment[];
  readonly #held: { record: KeyedRecord; request: ProducedToken }[] = [];
  #position: Position;
  #mode: 'direct' | 'spooling' | 'handing-over';
  #failing = false;
  #stopped = false;
  #wake: PromiseWithResolvers<void> | undefined;
  readonly #replaying: Promise<void>;

  static async open(o: SpoolOptions): Promise<Spool> {
    const segments = await o.folder.segments();
    return new Spool(o, segments, await o.folder.position());
  }

  private constructor(o: SpoolOptions, segments: Segment[], position: Position) {
    this.#o = o;
    this.#segments = segments;
    this.#position = position;
    const last = Math.max(position.segment, segments.at(-1)?.number ?? 0);
    this.#writer = new SpoolWriter(o.folder, last + 1, (segment) => this.#segments.push(segment));
    this.#reader = new SpoolReader(o.log, (count) => o.metrics.spoolDamagedBytes.add(count));
    this.#room = new SpoolRoom(o.folder, o.bytesMax, () => this.bytes);
    this.#mode = segments.length > 0 ? 'spooling' : 'direct';
    if (segments.length > 0) o.log.warn({ bytes: this.bytes }, 'the spool of the last run is replayed');
    this.#replaying = this.#replay();
  }

  declareMetrics(metrics: Metrics): void {
    metrics.gaugeOf('spool_bytes', 'What the spool holds on the disk.', () => this.bytes);
    metrics.gaugeOf('spool_limit_bytes', 'Most that it may hold.', () => this.#o.bytesMax);
  }

  /** On the disk, and on the way to it. */
  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0) + this.#writer.queuedBytes;
  }

  get mode(): string {
    return this.#mode;
  }

  /** Why no requests should come: there is not enough room for what may still be on its way. */
  notReady(): string | undefined {
    return this.#room.problem;
  }

  /** `kafkaIsAway`: it would wait too long there. The request is told where it is stored, or the problem. */
  take(record: KeyedRecord, request: ProducedToken, kafkaIsAway: boolean): void {
    if (kafkaIsAway || this.#stopped) return this.#keep(record, request);
    if (this.#mode === 'handing-over') return void this.#held.push({ record, request });
    if (this.#mode === 'spooling') return this.#keep(record, request);
    const token: ProducedToken = {
      bodyBytes: request.bodyBytes,
      settled: (problem) => {
        // What Kafka refuses for what it is, it would refuse for ever.
        if (problem === undefined || problem === 'too-large') request.settled(problem, 'kafka');
        else this.#keep(record, request);
      },
    };
    if (!this.#o.produce(record, token)) this.#keep(record, request);
  }

  /** Takes no more from the spool. What Kafka does not take meanwhile still goes there. */
  stop(): void {
    this.#stopped = true;
    if (this.#mode === 'handing-over') this.#standBack();
    this.#wake?.resolve();
  }

  /** After `stop`, and when the producer is empty: settles when all requests are answered. */
  async drain(): Promise<void> {
    await this.#replaying;
    await this.#writer.idle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop();
    await this.drain();
    this.#room[Symbol.dispose]();
    await this.#writer.closeSegment();
    const { bytes } = this;
    if (bytes > 0) this.#o.log.warn({ bytes }, 'the spool is not empty: the next start replays it');
  }

  #keep(record: KeyedRecord, request: ProducedToken): void {
    const { log, metrics } = this.#o;
    if (this.#mode === 'direct') log.warn({}, 'Kafka does not take records: the spool does');
    this.#standBack();
    const refuse = (): void => {
      metrics.spooledRecords.add(1, 'refused');
      request.settled('spool-full');
    };
    if (!this.#room.fits(record.value.length)) return refuse();
    this.#writer.write(record, (error) => {
      this.#room.written(error);
      this.#wake?.resolve();
      if (error !== undefined) {
        log.error({ code: codeOf(error) }, 'the spool cannot be written');
        return refuse();
      }
      metrics.spooledRecords.add(1, 'stored');
      request.settled(undefined, 'spool');
    });
  }

  async #replay(): Promise<void> {
    while (!this.#stopped) {
      try {
        if (await this.#replayNext()) continue;
        this.#wake = Promise.withResolvers<void>();
        if (!this.#stopped) await Promise.race([this.#wake.promise, pause(tryAgainMs)]);
      } catch (error) {
        this.#o.log.error({ code: codeOf(error) }, 'the spool cannot be read');
        this.#standBack();
        await pause(tryAgainMs);
      }
    }
  }

  /** False when there is nothing to do. */
  async #replayNext(): Promise<boolean> {
    const segment = await this.#firstUnread();
    if (!segment) {
      if (this.#mode !== 'direct' && this.#writer.isIdle) this.#goDirect();
      return false;
    }
    if (!this.#o.mayProduce()) {
      this.#standBack();
      return false;
    }
    if (this.#unreadBytes <= chunkBytes && this.#mode === 'spooling' && !this.#failing) {
      this.#mode = 'handing-over';
      await this.#writer.idle();
    }
    const offset = this.#offsetOf(segment);
    // While Kafka is away, one record is enough to see whether it is back.
    const countMax = this.#failing ? 1 : chunkRecords;
    const chunk = await this.#reader.next(segment, offset, chunkBytes, countMax);
    if (!(await this.#produceAll(chunk))) return true;
    // A death before the position is written replays the chunk.
    this.#position = chunk.end;
    await this.#notePosition(chunk.end);
    return true;
  }

  /**
   * On a full disk it cannot be written. Replay goes on, since only that makes room; a death then replays
   * what is left of the segment's file.
   */
  async #notePosition(position: Position): Promise<void> {
    try {
      await this.#o.folder.writePosition(position);
    } catch (error) {
      this.#o.log.warn({ code: codeOf(error) }, 'the position in the spool cannot be written');
    }
  }

  /** True when all of them are in Kafka; false when the process stops before. */
  async #produceAll({ records, end }: Chunk): Promise<boolean> {
    let left: readonly KeyedRecord[] = records;
    while (left.length > 0) {
      if (this.#stopped) return false;
      const { settled } = await this.#produce(left);
      if (this.#mode === 'handing-over' && this.#unreadAfter(end) === 0 && this.#writer.isIdle)
        this.#goDirect();
      const failed = await settled;
      this.#o.metrics.spooledRecords.add(left.length - failed.length, 'replayed');
      this.#o.metrics.acknowledged.add(left.length - failed.length);
      this.#failing = failed.length > 0;
      left = failed;
      if (this.#failing) {
        this.#standBack();
        await pause(tryAgainMs);
      }
    }
    return true;
  }

  /** Settles when the producer has all of them, with a promise of those that Kafka did not take, in order. */
  async #produce(records: readonly KeyedRecord[]): Promise<{ settled: Promise<KeyedRecord[]> }> {
    const failed = new Set<KeyedRecord>();
    const all = Promise.withResolvers<KeyedRecord[]>();
    let open = records.length;
    for (const record of records) {
      const token: ProducedToken = {
        bodyBytes: record.value.length,
        settled: (problem) => {
          if (problem !== undefined) failed.add(record);
          open -= 1;
          if (open === 0) all.resolve(records.filter((one) => failed.has(one)));
        },
      };
      while (!this.#o.produce(record, token)) {
        if (this.#stopped) {
          token.settled('memory-full');
          break;
        }
        await pause(50);
      }
    }
    return { settled: all.promise };
  }

  #goDirect(): void {
    this.#o.log.info({}, 'the spool is empty: Kafka takes records again');
    this.#mode = 'direct';
    for (const { record, request } of this.#held.splice(0)) this.take(record, request, false);
  }

  /** Whoever waits for Kafka goes to the spool, before whoever comes now. */
  #standBack(): void {
    this.#mode = 'spooling';
    for (const { record, request } of this.#held.splice(0)) this.#keep(record, request);
  }

  /** Removes the segments that are read to their end. */
  async #firstUnread(): Promise<Segment | undefined> {
    const { folder } = this.#o;
    for (let first = this.#segments[0]; first; first = this.#segments[0]) {
      if (this.#offsetOf(first) < first.bytes) return first;
      if (first === this.#writer.openSegment) {
        if (!this.#writer.isIdle) return undefined;
        await this.#writer.closeSegment();
      }
      if (this.#reader.isDamaged(first)) {
        const path = await folder.setAside(first);
        this.#o.log.error({ path }, 'a damaged segment of the spool waits for an operator');
      } else await folder.remove(first);
      this.#reader.forget(first);
      this.#segments.shift();
    }
    return undefined;
  }

  #offsetOf({ number }: Segment): number {
    if (number < this.#position.segment) return Infinity;
    return number === this.#position.segment ? this.#position.offset : 0;
  }

  get #unreadBytes(): number {
    return this.#segments.reduce((sum, one) => sum + Math.max(0, one.bytes - this.#offsetOf(one)), 0);
  }

  #unreadAfter({ segment, offset }: Position): number {
    return this.#segments.reduce((sum, { number, bytes }) => {
      if (number < segment) return sum;
      return sum + bytes - (number === segment ? offset : 0);
    }, 0);
  }
}

/** Never keeps the process from ending. */
function pause(ms: number): Promise<void> {
  return sleep(ms, undefined, { ref: false });
}
