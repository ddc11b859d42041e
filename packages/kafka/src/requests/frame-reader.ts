/**
 * Reads one answer that lies in one flat buffer, field by field. Every length is checked against the bytes that are there, before
 * anything is allocated or moved; whatever does not fit throws RangeError. Strings are copies; `view` gives views of the frame.
 *
 * The wire library's reader, which stood here, takes a length of 2^31 or more as a negative number and goes backwards: nineteen
 * damaged bytes kept it busy for minutes. And its parsers throw for error codes that it does not know.
 */
export class FrameReader {
  readonly frame: Buffer;
  position = 0;

  constructor(frame: Buffer) {
    this.frame = frame;
  }

  get remaining(): number {
    return this.frame.length - this.position;
  }

  /** The next bytes, not copied. */
  view(length: number): Buffer {
    const start = this.position;
    this.skip(length);
    return this.frame.subarray(start, this.position);
  }

  skip(length: number): this {
    if (length < 0 || length > this.remaining)
      throw new RangeError(`${length} bytes at ${this.position} of ${this.frame.length}`);
    this.position += length;
    return this;
  }

  readInt8(): number {
    const value = this.frame.readInt8(this.position);
    this.position += 1;
    return value;
  }

  readUnsignedInt8(): number {
    const value = this.frame.readUInt8(this.position);
    this.position += 1;
    return value;
  }

  readBoolean(): boolean {
    return this.readUnsignedInt8() === 1;
  }

  readInt16(): number {
    const value = this.frame.readInt16BE(this.position);
    this.position += 2;
    return value;
  }

  readInt32(): number {
    const value = this.frame.readInt32BE(this.position);
    this.position += 4;
    return value;
  }

  readInt64(): bigint {
    const value = this.frame.readBigInt64BE(this.position);
    this.position += 8;
    return value;
  }

  readUUID(): string {
    const hex = this.view(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** 0 to 2^32 - 1, at most five bytes. */
  readUnsignedVarInt(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.readUnsignedInt8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80 && value < 2 ** 32) return value;
    }
    throw new RangeError(`a varint of over 32 bits before ${this.position}`);
  }

  /** Compact: with a varint as its length, as all but the oldest layouts have it (KIP-482). */
  readNullableBytes(compact = true): Buffer | null {
    const length = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt32());
    return length < 0 ? null : this.view(length);
  }

  /** A view. Null is read as empty. */
  readBytes(): Buffer {
    return this.readNullableBytes() ?? nothing;
  }

  readNullableString(compact = true): string | null {
    const length = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt16());
    return length < 0 ? null : this.view(length).toString('utf8');
  }

  /** Null is read as ''. */
  readString(compact = true): string {
    return this.readNullableString(compact) ?? '';
  }

  /** Null is read as []. Structures have tagged fields behind them, numbers and strings have not: `tagged` skips them. */
  readArray<T>(read: (reader: this) => T, compact = true, tagged = true): T[] {
    const count = this.#nullableLength(compact ? this.readUnsignedVarInt() - 1 : this.readInt32());
    const entries: T[] = [];
    for (let index = 0; index < count; index++) {
      entries.push(read(this));
      if (tagged) this.readTaggedFields();
    }
    return entries;
  }

  readTaggedFields(): void {
    this.readTags(() => undefined);
  }

  /** Tagged fields (KIP-482): `read` is called for each, and what it leaves of one is skipped. */
  readTags(read: (tag: number) => void): void {
    for (let left = this.readUnsignedVarInt(); left > 0; left--) {
      const tag = this.readUnsignedVarInt();
      const length = this.readUnsignedVarInt();
      const end = this.position + length;
      if (end > this.frame.length) throw new RangeError(`tag ${tag} of ${length} bytes at ${this.position}`);
      read(tag);
      if (this.position > end) throw new RangeError(`tag ${tag} is longer than its ${length} bytes`);
      this.position = end;
    }
  }

  /** -1 is null. Nothing takes less than a byte, so there cannot be more of it than bytes are left. */
  #nullableLength(length: number): number {
    if (length < -1 || length > this.frame.length - this.position)
      throw new RangeError(`a length of ${length} at ${this.position} of ${this.frame.length}`);
    return length;
  }
}

const nothing = Buffer.alloc(0);
