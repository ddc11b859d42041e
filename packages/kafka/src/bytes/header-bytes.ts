import type { Header } from './encode-batch.ts';
import { varintBytes, writeVarint } from './varint.ts';

/**
 * Writes the headers of a record, their count first, into memory that is reused for the next record. So one
 * pass tells their size before the record itself is written. Nearly all of it is short ASCII text, which a
 * loop writes: for 12 characters, Node's calls for the length and the bytes cost 75 ns, the loop 12.
 */
export class HeaderBytes {
  #buffer = Buffer.allocUnsafeSlow(1024);
  #length = 0;

  /** What was written last. The next `write` overwrites it. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  write(headers: readonly Header[] | undefined): void {
    if (headers === undefined || headers.length === 0) {
      this.#buffer[0] = 0;
      this.#length = 1;
      return;
    }
    let at = writeVarint(this.#buffer, 0, headers.length);
    for (const [name, value] of headers) {
      at = this.#text(at, name);
      if (typeof value === 'string') at = this.#text(at, value);
      else at = this.#nullable(at, value);
    }
    this.#length = at;
  }

  #nullable(at: number, value: Uint8Array | null): number {
    this.#reserve(at, value?.length ?? 0);
    if (value === null) return writeVarint(this.#buffer, at, -1);
    const start = writeVarint(this.#buffer, at, value.length);
    this.#buffer.set(value, start);
    return start + value.length;
  }

  #text(at: number, text: string): number {
    this.#reserve(at, text.length * 3);
    if (text.length < asciiByHandMax) {
      const end = this.#shortAscii(at, text);
      if (end >= 0) return end;
    }
    // There are mostly as many bytes as characters: then the bytes are already where they belong.
    const lengthBytes = varintBytes(text.length);
    const bytes = this.#buffer.write(text, at + lengthBytes, 'utf8');
    if (varintBytes(bytes) !== lengthBytes)
      this.#buffer.copyWithin(at + varintBytes(bytes), at + lengthBytes, at + lengthBytes + bytes);
    return writeVarint(this.#buffer, at, bytes) + bytes;
  }

  /** Returns where it ends, or -1 when some of it is not ASCII. */
  #shortAscii(at: number, text: string): number {
    const buffer = this.#buffer;
    buffer[at] = text.length * 2;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) return -1;
      buffer[at + 1 + index] = code;
    }
    return at + 1 + text.length;
  }

  #reserve(at: number, bytes: number): void {
    const needed = at + bytes + varintBytesMax;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#buffer.length));
    larger.set(this.#buffer.subarray(0, at));
    this.#buffer = larger;
  }
}

/**
 * Up to this length, the length itself takes one byte. For longer text the loop is no faster than Node's
 * calls.
 */
const asciiByHandMax = 40;
const varintBytesMax = 16;
