import {
  attributesAt,
  baseOffsetAt,
  baseTimestampAt,
  batchHeaderBytes,
  countAt,
  logAppendTimeBit,
  maxTimestampAt,
} from './batch-header.ts';
import { codecOf } from './codec-of.ts';
import { decompress } from '../compression/codec.ts';
import { CorruptBatchError } from '../compression/corrupt-batch.ts';

/** A batch to read: one whole v2 batch, and the first offset that is wanted. */
export interface ReadableBatch {
  readonly bytes: Buffer;
  /** Records below it are skipped: a fetch may begin in the middle of a batch. */
  readonly firstOffset: bigint;
}

/**
 * The records of a batch, in order, from `firstOffset` on: `for (const record of readRecords(batch))`. Each
 * call decompresses a compressed batch, on this thread. It allows one pass; call it again for another.
 * @param bytesMax a batch that inflates beyond it is refused. Default 256 MiB.
 * @throws CorruptBatchError here or while iterating
 */
export function readRecords(batch: ReadableBatch, bytesMax?: number): RecordReader {
  return new RecordReader(batch, bytesMax);
}

/**
 * One record. Key, value and header values are views of the batch, or of its decompressed bytes: keeping one
 * of them keeps all of those bytes in memory.
 *
 * This is one small object per record that holds only numbers. Views and bigints are made when they are asked
 * for. One cursor for all records would save about 20 ns a record, but callers could not keep a record.
 */
export class RecordView {
  /** Milliseconds since 1970: set by the producer, or by the broker if the topic has LogAppendTime. */
  readonly timestampMs: number;
  readonly #bytes: Buffer;
  readonly #baseOffset: bigint;
  readonly #offsetDelta: number;
  readonly #keyAt: number;
  readonly #keyBytes: number;
  readonly #valueAt: number;
  readonly #valueBytes: number;

  constructor(
    bytes: Buffer,
    baseOffset: bigint,
    offsetDelta: number,
    timestampMs: number,
    keyAt: number,
    keyBytes: number,
    valueAt: number,
    valueBytes: number,
  ) {
    this.timestampMs = timestampMs;
    this.#bytes = bytes;
    this.#baseOffset = baseOffset;
    this.#offsetDelta = offsetDelta;
    this.#keyAt = keyAt;
    this.#keyBytes = keyBytes;
    this.#valueAt = valueAt;
    this.#valueBytes = valueBytes;
  }

  get offset(): bigint {
    return this.#baseOffset + BigInt(this.#offsetDelta);
  }

  get key(): Buffer | null {
    return this.#keyBytes < 0 ? null : this.#bytes.subarray(this.#keyAt, this.#keyAt + this.#keyBytes);
  }

  get value(): Buffer | null {
    return this.#valueBytes < 0
      ? null
      : this.#bytes.subarray(this.#valueAt, this.#valueAt + this.#valueBytes);
  }

  /**
   * In the record's order; a name may occur more than once. Each call reads them again. @throws
   * CorruptBatchError
   */
  headers(): (readonly [name: string, value: Buffer | null])[] {
    const cursor = this.#cursorAtHeaders();
    const headers: (readonly [string, Buffer | null])[] = [];
    const count = headerCount(cursor);
    for (let place = 0; place < count; place++) headers.push([cursor.nextName(place), cursor.nextBytes()]);
    return headers;
  }

  /**
   * All headers as they are in the batch, names that are not UTF-8 included: for copying. A view. @throws
   * CorruptBatchError
   */
  get encodedHeaders(): Buffer {
    const cursor = this.#cursorAtHeaders();
    const start = cursor.at;
    for (let left = 2 * headerCount(cursor); left > 0; left--) cursor.nextBytes();
    return this.#bytes.subarray(start, cursor.at);
  }

  #cursorAtHeaders(): VarintCursor {
    return new VarintCursor(this.#bytes, this.#valueAt + Math.max(0, this.#valueBytes));
  }
}

function headerCount(cursor: VarintCursor): number {
  const count = cursor.next();
  if (count >= 0 && count <= cursor.bytes.length) return count;
  throw new CorruptBatchError(`a record of ${count} headers`);
}

/** An iterator that is its own iterable. The result object is reused, the records are not. */
export class RecordReader implements IterableIterator<RecordView> {
  readonly #cursor: VarintCursor;
  readonly #baseOffset: bigint;
  readonly #firstDelta: number;
  readonly #baseTimestampMs: number;
  /** With LogAppendTime, the batch's maximum is the time of every record. */
  readonly #appendTimestampMs: number | undefined;
  readonly #result: IteratorYieldResult<RecordView> = { done: false, value: empty };
  #left: number;

  constructor(batch: ReadableBatch, bytesMax?: number) {
    const { bytes } = batch;
    const attributes = attributesAt(bytes, 0);
    this.#cursor = new VarintCursor(
      decompress(codecOf(bytes), bytes.subarray(batchHeaderBytes), bytesMax),
      0,
    );
    this.#baseOffset = baseOffsetAt(bytes, 0);
    this.#firstDelta = Number(batch.firstOffset - this.#baseOffset);
    this.#baseTimestampMs = Number(baseTimestampAt(bytes, 0));
    this.#appendTimestampMs = attributes & logAppendTimeBit ? Number(maxTimestampAt(bytes, 0)) : undefined;
    this.#left = countAt(bytes, 0);
  }

  next(): IteratorResult<RecordView, undefined> {
    while (this.#left > 0) {
      this.#left--;
      const cursor = this.#cursor;
      const bodyBytes = cursor.next();
      const end = cursor.at + bodyBytes;
      if (bodyBytes < 1 || end > cursor.bytes.length)
        throw new CorruptBatchError(`a record of ${bodyBytes} bytes`);
      cursor.at++; // attributes: none are defined
      const timestampDelta = cursor.next();
      const offsetDelta = cursor.next();
      if (offsetDelta < this.#firstDelta) {
        cursor.at = end;
        continue;
      }
      this.#result.value = this.#view(offsetDelta, timestampDelta, end);
      return this.#result;
    }
    // Kafka's own reader checks this too: a count that is too small would silently lose records.
    if (this.#left < 0 || this.#cursor.at !== this.#cursor.bytes.length)
      throw new CorruptBatchError(
        `the records end at ${this.#cursor.at} of ${this.#cursor.bytes.length} bytes`,
      );
    return finished;
  }

  [Symbol.iterator](): this {
    return this;
  }

  #view(offsetDelta: number, timestampDelta: number, end: number): RecordView {
    const cursor = this.#cursor;
    const keyBytes = cursor.next();
    const keyAt = cursor.at;
    if (keyBytes > 0) cursor.at += keyBytes;
    const valueBytes = cursor.next();
    const valueAt = cursor.at;
    if (valueAt + Math.max(0, valueBytes) > end)
      throw new CorruptBatchError('a key or value reaches beyond its record');
    cursor.at = end;
    const timestampMs = this.#appendTimestampMs ?? this.#baseTimestampMs + timestampDelta;
    return new RecordView(
      cursor.bytes,
      this.#baseOffset,
      offsetDelta,
      timestampMs,
      keyAt,
      keyBytes,
      valueAt,
      valueBytes,
    );
  }
}

/** Reads zigzag varints (protobuf's sint64, here within +-2^52), one after the other. */
class VarintCursor {
  readonly bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  next(): number {
    const bytes = this.bytes;
    let byte = bytes[this.at++]!;
    // Nearly all are below 2^28, so bit operations are enough, which work on 32 bits. A read past the end
    // counts as 0.
    let zigzag = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[this.at++]!;
      zigzag |= (byte & 0x7f) << shift;
    }
    if (byte >= 0x80) return this.#nextLong(zigzag);
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }

  /** null for length -1. A view. */
  nextBytes(): Buffer | null {
    const length = this.next();
    if (length < 0) return null;
    const end = this.at + length;
    if (end > this.bytes.length) throw new CorruptBatchError(`a field of ${length} bytes`);
    const view = this.bytes.subarray(this.at, end);
    this.at = end;
    return view;
  }

  /** A header's name; '' for length -1. */
  nextName(place: number): string {
    const length = this.next();
    if (length < 0) return '';
    const start = this.at;
    this.at += length;
    if (this.at > this.bytes.length) throw new CorruptBatchError(`a field of ${length} bytes`);
    const last = lastNames[place];
    if (last?.length === length && isAscii(last, this.bytes, start)) return last;
    const name = this.bytes.toString('utf8', start, this.at);
    if (place < lastNamesMax && length <= rememberedBytesMax) lastNames[place] = name;
    return name;
  }

  #nextLong(low: number): number {
    let zigzag = low;
    let byte = 0x80;
    for (let scale = 2 ** 28; byte >= 0x80; scale *= 128) {
      if (scale > 2 ** 63) throw new CorruptBatchError('a varint of over 10 bytes');
      byte = this.bytes[this.at++]!;
      zigzag += (byte & 0x7f) * scale;
    }
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }
}

/**
 * The name that was last read at each place: the records of a topic mostly have the same headers in the same
 * order. Nine headers took 2.3 to 2.8 us with a view and a string for each name, and 1.0 to 1.4 us with this,
 * in four turns on a busy machine.
 */
const lastNames: string[] = [];
const lastNamesMax = 32;
/** Longer names are nobody's habit, and would stay in memory. */
const rememberedBytesMax = 256;

/** Whether the bytes are this text. Bytes above 0x7f are left to the decoder, for they may be no UTF-8. */
function isAscii(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) {
    const byte = bytes[start + at]!;
    if (byte > 0x7f || byte !== text.charCodeAt(at)) return false;
  }
  return true;
}

const empty = new RecordView(Buffer.alloc(0), 0n, 0, 0, 0, -1, 0, -1);
const finished: IteratorReturnResult<undefined> = { done: true, value: undefined };
