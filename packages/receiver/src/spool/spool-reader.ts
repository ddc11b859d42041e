import { open } from 'node:fs/promises';
import type { Log } from '@penstock/service';
import type { KeyedRecord } from '../raw/raw-record.ts';
import { frameAt, nextFrame } from './frame.ts';
import type { Position, Segment } from './spool-folder.ts';

export interface Chunk {
  records: KeyedRecord[];
  /** After the last of them. */
  end: Position;
}

/** Reads records of segments in order, however damaged the files are. */
export class SpoolReader {
  readonly #log: Log;
  readonly #damagedBytes: (count: number) => void;
  /** One segment from `base` on, as far as it was read. */
  #held: { segment: Segment; base: number; bytes: Buffer } | undefined;
  readonly #damaged = new Set<Segment>();

  constructor(log: Log, damagedBytes: (count: number) => void) {
    this.#log = log;
    this.#damagedBytes = damagedBytes;
  }

  /** Whether records of it may be lost: bytes between whole records were none. */
  isDamaged(segment: Segment): boolean {
    return this.#damaged.has(segment);
  }

  /**
   * The next records of a segment, about `bytesMax` and at most `countMax`; none when there are only damaged
   * bytes. Throws what the disk says.
   */
  async next(segment: Segment, offset: number, bytesMax: number, countMax: number): Promise<Chunk> {
    const bytes = await this.#bytesFrom(segment, offset);
    const records: KeyedRecord[] = [];
    let at = 0;
    while (at < bytes.length && records.length < countMax && (at < bytesMax || records.length === 0)) {
      const frame = frameAt(bytes, at);
      if (frame) {
        records.push(frame.record);
        at = frame.end;
      } else at = this.#afterDamage(segment, bytes, at);
    }
    return { records, end: { segment: segment.number, offset: offset + at } };
  }

  #afterDamage(segment: Segment, bytes: Buffer, at: number): number {
    const found = nextFrame(bytes, at + 1);
    const count = (found ?? bytes.length) - at;
    const { number } = segment;
    if (found === undefined) {
      // Whoever wrote it died before it was on the disk: nobody was told 200.
      this.#log.warn({ segment: number, bytes: count }, 'the end of a segment of the spool is no record');
      return bytes.length;
    }
    this.#damaged.add(segment);
    this.#damagedBytes(count);
    this.#log.error({ segment: number, bytes: count }, 'the spool is damaged: acknowledged records are lost');
    return found;
  }

  async #bytesFrom(segment: Segment, offset: number): Promise<Buffer> {
    const held = this.#held;
    const until = segment.bytes;
    if (held?.segment === segment && offset >= held.base && offset < held.base + held.bytes.length) {
      return held.bytes.subarray(offset - held.base);
    }
    const bytes = Buffer.allocUnsafe(until - offset);
    const file = await open(segment.path, 'r');
    try {
      let read = 0;
      while (read < bytes.length) {
        const { bytesRead } = await file.read(bytes, read, bytes.length - read, offset + read);
        if (bytesRead === 0) break;
        read += bytesRead;
      }
      this.#held = { segment, base: offset, bytes: bytes.subarray(0, read) };
      return this.#held.bytes;
    } finally {
      await file.close();
    }
  }

  forget(segment: Segment): void {
    this.#damaged.delete(segment);
    if (this.#held?.segment === segment) this.#held = undefined;
  }
}
