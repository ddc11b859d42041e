/**
 * Reads one answer from one buffer, field by field. It checks every length against the bytes that are there
 * before it allocates or moves anything, and throws RangeError for whatever does not fit. Strings are copies;
 * `view` returns views of the frame.
 *
 * The wire library has a reader too. It takes a length of 2^31 or more as a negative number and goes
 * backwards: nineteen damaged bytes kept it busy for minutes. And its parsers throw for error codes that it
 * does not know.
 */
export class FrameReader {
  readonly frame: Buffer;
  position = 0;
  /** How long the broker will not serve this connection, because a quota is exceeded (KIP-219). */
  throttleMs = 0;

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

  readThrottleMs(): number {
    this.throttleMs = this.readInt32();
    return this.throttleMs;
  }

  readInt64(): bigint {
    const value = this.frame.readBigInt64BE(this.position);
    this.position += 8;
    return value;
  }

  readUUID(): string {
    const hex = this.view(16).toString('hex');
    const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)];
    return parts.join('-');
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

  /** Compact: the length is a varint, as in all but the oldest layouts (KIP-482). */
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

  /**
   * Null is read as []. `tagged`: the entries are structures, which end with tagged fields; these are
   * skipped.
   */
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

  /** Tagged fields (KIP-482). `read` is called for each; what it leaves of a field is skipped. */
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

  /**
   * -1 is null. Every entry takes at least one byte, so a length cannot be larger than the bytes that are
   * left.
   */
  #nullableLength(length: number): number {
    if (length < -1 || length > this.frame.length - this.position)
      throw new RangeError(`a length of ${length} at ${this.position} of ${this.frame.length}`);
    return length;
  }
}

const nothing = Buffer.alloc(0);
