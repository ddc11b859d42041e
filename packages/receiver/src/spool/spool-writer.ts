import type { FileHandle } from 'node:fs/promises';
import type { KeyedRecord } from '../raw/raw-record.ts';
import { encodeFrame } from './frame.ts';
import { codeOf, type Segment, type SpoolFolder } from './spool-folder.ts';

interface Entry {
  frame: Buffer;
  /** `error`: it is not in the spool; undefined: it is on the disk. */
  done(error: unknown): void;
}

/** A segment is closed once it is longer; the reader holds one in memory. */
const segmentBytesMax = 8 * 1024 ** 2;
const batchBytesMax = 4 * 1024 ** 2;

/**
 * Writes records to the end of the spool. Those that come while the disk is busy share the next sync, so it
 * costs one sync for all of them.
 *
 * If the process dies before a sync ends, nobody was told: the next start finds whole records, which are then
 * stored though unanswered, or a torn one, which is no record. If it dies after, they are on the disk.
 */
export class SpoolWriter {
  readonly #folder: SpoolFolder;
  readonly #created: (segment: Segment) => void;
  readonly #queue: Entry[] = [];
  #open: { segment: Segment; file: FileHandle } | undefined;
  #nextNumber: number;
  #writing: Promise<void> | undefined;
  #queuedBytes = 0;

  constructor(folder: SpoolFolder, nextNumber: number, created: (segment: Segment) => void) {
    this.#folder = folder;
    this.#nextNumber = nextNumber;
    this.#created = created;
  }

  /** What waits for the disk. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  write(record: KeyedRecord, done: (error: unknown) => void): void {
    const frame = encodeFrame(record);
    this.#queuedBytes += frame.length;
    this.#queue.push({ frame, done });
    this.#writing ??= this.#writeAll();
  }

  get isIdle(): boolean {
    return this.#writing === undefined;
  }

  /** The segment that the next record may go to. */
  get openSegment(): Segment | undefined {
    return this.#open?.segment;
  }

  /** Settles when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#writing) await this.#writing;
  }

  /** Nothing more is written to the segment that is open. Only while idle. */
  async closeSegment(): Promise<void> {
    const { file } = this.#open ?? {};
    this.#open = undefined;
    await file?.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      const error = await this.#tryToWrite(batch);
      // What is too much for a disk together may fit one by one.
      if (error !== undefined && batch.length > 1) await this.#writeOneByOne(batch, error);
      else this.#tell(batch, error);
    }
    this.#writing = undefined;
  }

  async #writeOneByOne(batch: readonly Entry[], cause: unknown): Promise<void> {
    let error: unknown = isFull(cause) ? undefined : cause;
    for (const entry of batch) {
      error ??= await this.#tryToWrite([entry]);
      this.#tell([entry], error);
    }
  }

  #tell(batch: readonly Entry[], error: unknown): void {
    for (const { frame, done } of batch) {
      this.#queuedBytes -= frame.length;
      done(error);
    }
  }

  /** Undefined: they are on the disk. */
  async #tryToWrite(batch: readonly Entry[]): Promise<unknown> {
    try {
      await this.#writeBatch(batch.map(({ frame }) => frame));
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #nextBatch(): Entry[] {
    let bytes = 0;
    let count = 0;
    while (count < this.#queue.length && (count === 0 || bytes < batchBytesMax)) {
      bytes += this.#queue[count]!.frame.length;
      count += 1;
    }
    return this.#queue.splice(0, count);
  }

  async #writeBatch(frames: readonly Buffer[]): Promise<void> {
    if (this.#open && this.#open.segment.bytes > segmentBytesMax) await this.closeSegment();
    if (!this.#open) {
      // A number that failed may have left a file.
      const opened = await this.#folder.create(this.#nextNumber++);
      this.#open = opened;
      this.#created(opened.segment);
    }
    const { segment, file } = this.#open;
    try {
      const bytes = Buffer.concat(frames);
      await file.appendFile(bytes);
      await file.datasync();
      segment.bytes += bytes.length;
    } catch (error) {
      // What was refused must not be found by the next start. After a failed sync nobody knows what is on the
      // disk, so nothing more is written to this file.
      await file.truncate(segment.bytes).catch(() => {});
      await this.closeSegment().catch(() => {});
      throw error;
    }
  }
}

function isFull(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ENOSPC' || code === 'EDQUOT';
}
