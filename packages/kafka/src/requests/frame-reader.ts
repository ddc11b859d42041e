import { Reader } from '@platformatic/kafka';

/**
 * Reads one answer that lies in one flat buffer. The parsers of the wire library read from it too: it is their `Reader`
 * with every length checked against the bytes that are there, before anything is allocated or moved.
 *
 * Theirs reads a length of 2^31 or more as a negative number and goes backwards: nineteen damaged bytes keep it busy
 * for minutes, and strings that end before they begin fill the memory.
 *
 * Whatever does not fit throws RangeError. Strings are copies; `view` gives views of the frame.
 */
export class FrameReader extends Reader {
  readonly frame: Buffer;

  constructor(frame: Buffer) {
    super(Reader.from(frame).buffer);
    this.frame = frame;
  }

  /** The next bytes, not copied. */
  view(length: number): Buffer {
    const start = this.position;
    this.skip(length);
    return this.frame.subarray(start, this.position);
  }

  override skip(length: number): this {
    if (length < 0 || length > this.length - this.position)
      throw new RangeError(`${length} bytes at ${this.position} of ${this.length}`);
    this.position += length;
    return this;
  }

  override readInt8(): number {
    const value = this.frame.readInt8(this.position);
    this.position += 1;
    return value;
  }

  override readUnsignedInt8(): number {
    const value = this.frame.readUInt8(this.position);
    this.position += 1;
    return value;
  }

  override readBoolean(): boolean {
    return this.readUnsignedInt8() === 1;
  }

  override readInt16(): number {
    const value = this.frame.readInt16BE(this.position);
    this.position += 2;
    return value;
  }

  override readInt32(): number {
    const value = this.frame.readInt32BE(this.position);
    this.position += 4;
    return value;
  }

  override readInt64(): bigint {
    const value = this.frame.readBigInt64BE(this.position);
    this.position += 8;
    return value;
  }

  override readUUID(): string {
    const hex = this.view(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** 0 to 2^32 - 1, at most five bytes. */
  override readUnsignedVarInt(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.readUnsignedInt8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value < 2 ** 32) return value;
    }
    throw new RangeError(`a varint of over 32 bits before ${this.position}`);
  }

  override readNullableBytes(compact = true): Buffer | null {
    const length = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt32());
    return length < 0 ? null : this.view(length);
  }

  override readNullableString(compact = true, encoding: BufferEncoding = 'utf-8'): string | null {
    const length = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt16());
    return length < 0 ? null : this.view(length).toString(encoding);
  }

  override readNullableArray<T>(
    read: (reader: Reader, index: number) => T,
    compact = true,
    discardTrailingTaggedFields = true,
  ): T[] | null {
    const count = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt32());
    if (count < 0) return null;
    const entries: T[] = [];
    for (let index = 0; index < count; index++) {
      entries.push(read(this, index));
      if (discardTrailingTaggedFields) this.readTaggedFields();
    }
    return entries;
  }

  override readTaggedFields(): void {
    this.readTags(() => undefined);
  }

  /** Tagged fields (KIP-482): `read` is called for each, and what it leaves of one is skipped. */
  readTags(read: (tag: number) => void): void {
    for (let left = this.readUnsignedVarInt(); left > 0; left--) {
      const tag = this.readUnsignedVarInt();
      const length = this.readUnsignedVarInt();
      const end = this.position + length;
      if (end > this.length) throw new RangeError(`tag ${tag} of ${length} bytes at ${this.position}`);
      read(tag);
      if (this.position > end) throw new RangeError(`tag ${tag} is longer than its ${length} bytes`);
      this.position = end;
    }
  }

  /** -1 is null. Nothing takes less than a byte, so there cannot be more of it than bytes are left. */
  #nullableLength(length: number): number {
    if (length < -1 || length > this.length - this.position)
      throw new RangeError(`a length of ${length} at ${this.position} of ${this.length}`);
    return length;
  }
}
