import type { Limits } from '../catalogue/limits.ts';
import { backslash, quote } from '../json/json-bytes.ts';
import { writeDouble, writeLong } from './avro-sink.ts';
import type { KeyTable } from './key-table.ts';
import { found, readNumber } from './read-number.ts';
import { writeEscaped } from './write-escaped.ts';

/** Larger events are few, and the general path is good enough for them. */
const eventBytesMax = 64 * 1024;
/** A number of one digit takes one byte in JSON, and nine in Avro. */
const growthMax = 4;
const propertiesMax = 250;
/** More looks than this for all keys of an event are no accident. */
const looksMax = 2_000;
const slots = 1_024;

/** The branches of a property's union, in zigzag form. */
const branch = { null: 0, boolean: 2, double: 4, text: 6 } as const;

/**
 * The properties of one event as the entries of an Avro map, written while the JSON is read. The memory
 * belongs to the thread, and serves one event after the other.
 */
export class PropertyBytes {
  readonly eventBytesMax = eventBytesMax;
  readonly bytes = Buffer.allocUnsafeSlow(growthMax * eventBytesMax + 1_024);
  end = 0;
  count = 0;
  /** A bit for each watched name that came. */
  watchedSeen = 0;
  readonly #limits: Limits;
  readonly #watched: KeyTable<number>;
  /** Index of a property + `#base`, by the hash of its name. What is below the base is of earlier events. */
  readonly #index = new Int32Array(slots);
  readonly #hashes = new Int32Array(propertiesMax);
  readonly #starts = new Int32Array(propertiesMax);
  readonly #ends = new Int32Array(propertiesMax);
  #base = 1;
  #looks = 0;
  #body: Buffer = this.bytes;
  #bodyEnd = 0;
  #textOnly = false;

  /** @param watched names whose coming is to be known, each with a bit. */
  constructor(limits: Limits, watched: KeyTable<number>) {
    this.#limits = limits;
    this.#watched = watched;
  }

  /** @param textOnly as in format 1, whose values are texts or null. */
  begin(body: Buffer, bodyEnd: number, textOnly: boolean): void {
    this.#base += this.count;
    if (this.#base > 2 ** 30) {
      this.#base = 1;
      this.#index.fill(0);
    }
    this.end = 0;
    this.count = 0;
    this.watchedSeen = 0;
    this.#looks = 0;
    this.#body = body;
    this.#bodyEnd = bodyEnd;
    this.#textOnly = textOnly;
  }

  /**
   * Adds the property whose name lies in the body from `start` to `end`.
   * @returns the position after its value, or -1: the general path has to judge.
   */
  add(start: number, end: number, hash: number, valueAt: number): number {
    const length = end - start;
    const first = length === 0 ? 0 : this.#body[start]!;
    // Objects put names that are integers first, and cannot hold __proto__.
    if ((first >= 0x30 && first <= 0x39) || first === 0x5f) return -1;
    if (length > 256 || this.count === propertiesMax || !this.#remember(start, end, hash)) return -1;
    const bit = this.#watched.find(this.#body, start, end, hash);
    if (bit !== undefined) this.watchedSeen |= bit;
    const at = writeLong(this.bytes, this.end, length);
    for (let i = 0; i < length; i++) this.bytes[at + i] = this.#body[start + i]!;
    return this.#value(valueAt, at + length);
  }

  /** False when the name was there before, or too many others look like it. */
  #remember(start: number, end: number, hash: number): boolean {
    const index = this.#index;
    let at = (hash ^ (hash >>> 15)) & (slots - 1);
    for (; index[at]! >= this.#base; at = (at + 1) & (slots - 1)) {
      const other = index[at]! - this.#base;
      if (this.#hashes[other] === hash && this.#isNamed(other, start, end)) return false;
      if (++this.#looks > looksMax) return false;
    }
    index[at] = this.#base + this.count;
    this.#hashes[this.count] = hash;
    this.#starts[this.count] = start;
    this.#ends[this.count] = end;
    this.count++;
    return true;
  }

  #isNamed(other: number, start: number, end: number): boolean {
    const body = this.#body;
    const otherStart = this.#starts[other]!;
    if (this.#ends[other]! - otherStart !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (body[otherStart + i] !== body[start + i]) return false;
    return true;
  }

  /** Writes the value that begins at `start` in the body to `to`. */
  #value(start: number, to: number): number {
    const byte = start < this.#bodyEnd ? this.#body[start]! : 0;
    if (byte === quote) return this.#text(start + 1, to);
    if (byte === 0x6e) return this.#literal(start, to, 'null', branch.null, -1);
    if (this.#textOnly) return -1;
    if (byte === 0x74) return this.#literal(start, to, 'true', branch.boolean, 1);
    if (byte === 0x66) return this.#literal(start, to, 'false', branch.boolean, 0);
    readNumber(this.#body, start, this.#bodyEnd, this.#limits.numberLengthMax);
    if (found.end === -1) return -1;
    if (found.isText) return this.#digits(start, found.end, to);
    this.bytes[to] = branch.double;
    this.end = writeDouble(this.bytes, to + 1, found.value);
    return found.end;
  }

  /** @param content of the branch, -1 for none. */
  #literal(start: number, to: number, word: string, of: number, content: number): number {
    if (start + word.length > this.#bodyEnd) return -1;
    for (let i = 1; i < word.length; i++) if (this.#body[start + i] !== word.charCodeAt(i)) return -1;
    this.bytes[to] = of;
    if (content >= 0) this.bytes[to + 1] = content;
    this.end = content >= 0 ? to + 2 : to + 1;
    return start + word.length;
  }

  /** A number that a double cannot hold is the text of its digits. */
  #digits(start: number, end: number, to: number): number {
    this.bytes[to] = branch.text;
    const at = writeLong(this.bytes, to + 1, end - start);
    this.#body.copy(this.bytes, at, start, end);
    this.end = at + end - start;
    return end;
  }

  /**
   * Copies as it looks for the closing quote. The length goes before the text: one byte is left for it, which
   * is enough for 63 bytes; longer texts are moved once, which costs 50 ns.
   */
  #text(start: number, to: number): number {
    const body = this.#body;
    const { bytes } = this;
    const bodyEnd = this.#bodyEnd;
    const textAt = to + 2;
    bytes[to] = branch.text;
    let at = start;
    let out = textAt;
    for (; at < bodyEnd; at++) {
      const byte = body[at]!;
      if (byte === quote) break;
      if (byte === backslash || byte < 0x20) {
        if (byte !== backslash) return -1;
        const escape = writeEscaped(body, at, bodyEnd, bytes, out);
        if (escape === 0) return -1;
        at += (escape & 0xff) - 1;
        out += escape >> 8;
      } else bytes[out++] = byte;
    }
    const length = out - textAt;
    if (at >= bodyEnd || length > this.#limits.stringLengthMax) return -1;
    if (length < 64) {
      bytes[to + 1] = length << 1;
      this.end = out;
    } else {
      const lengthBytes = length < 8_192 ? 2 : 3;
      bytes.copyWithin(to + 1 + lengthBytes, textAt, out);
      writeLong(bytes, to + 1, length);
      this.end = out + lengthBytes - 1;
    }
    return at + 1;
  }
}
