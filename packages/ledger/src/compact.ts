import { LedgerError } from './ledger-error.ts';

/**
 * Writes natural numbers as LEB128 (7 bits a byte, low ones first): an offset of 30 billion takes 5 bytes.
 */
export class CompactWriter {
  #buffer = Buffer.alloc(512);
  #length = 0;

  natural(value: bigint | number): void {
    this.#reserve(10);
    let rest = BigInt(value);
    while (rest > 0x7fn) {
      this.#buffer[this.#length] = Number(rest & 0x7fn) | 0x80;
      this.#length += 1;
      rest >>= 7n;
    }
    this.#buffer[this.#length] = Number(rest);
    this.#length += 1;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** The length in bytes, then UTF-8. */
  text(text: string): void {
    const bytes = Buffer.from(text);
    this.natural(bytes.length);
    this.bytes(bytes);
  }

  finish(): Buffer {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(byteCount: number): void {
    if (this.#length + byteCount <= this.#buffer.length) return;
    const larger = Buffer.alloc(2 * (this.#length + byteCount));
    this.#buffer.copy(larger, 0, 0, this.#length);
    this.#buffer = larger;
  }
}

/** Reads them back. A record that ends too early throws LedgerError. */
export class CompactReader {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  natural(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#buffer[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw tooShort();
  }

  number(): number {
    const value = Number(this.natural());
    if (Number.isSafeInteger(value)) return value;
    throw new LedgerError('CORRUPT_RECORD', `Ledger: ${value} counts nothing that exists`);
  }

  bytes(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#buffer.length) throw tooShort();
    const bytes = this.#buffer.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }

  text(): string {
    return this.bytes(this.number()).toString();
  }
}

function tooShort(): LedgerError {
  return new LedgerError('CORRUPT_RECORD', 'Ledger: a record ends too early');
}
