import type { Limits } from '../catalogue/limits.ts';
import { backslash, colon, comma, isSpace, quote } from '../json/json-bytes.ts';
import type { FieldShape, FormatShape, ObjectKeys } from './format-shapes.ts';
import { hashOf, hashStep } from './key-table.ts';
import type { PropertyBytes } from './property-bytes.ts';
import { found, readNumber } from './read-number.ts';
import { bitOf, slotCount } from './slots.ts';

const open = 0x7b;
const close = 0x7d;
const textBytesMax = 256;
const depthMin = 8;

/**
 * Goes once over the bytes of an event: checks that they are JSON, notes where each field lies, and writes
 * the properties as Avro wants them. It makes no string and no object. Whatever is not plain (an escape in
 * a field, a nested property, a field that is not in the table, a key twice, a limit that is near) ends it:
 * then the general path judges the event. About 2 ns a byte.
 *
 * One scanner serves all events of a thread. What it found holds until the next `scan`.
 */
export class EventScan {
  /** For each slot, where its text lies in the body. -1: null, empty or absent. */
  readonly starts = new Int32Array(slotCount);
  readonly ends = new Int32Array(slotCount);
  readonly numbers = new Float64Array(slotCount);
  /** A bit for each slot whose key was there, with whatever value. */
  seen = 0;
  /** A bit for each slot of `number` or `object` that was there and not null. */
  filled = 0;
  readonly properties: PropertyBytes;
  readonly #limits: Limits;
  readonly #isUsable: boolean;
  #body: Buffer = Buffer.alloc(0);
  #end = 0;
  #keys = 0;
  #shape!: FormatShape;

  constructor(limits: Limits, properties: PropertyBytes) {
    this.#limits = limits;
    this.properties = properties;
    // With narrower limits than any healthy event needs, nothing is fast.
    this.#isUsable = limits.depthMax >= depthMin && limits.stringLengthMax >= textBytesMax;
  }

  /** @returns false when the event is not one for the fast path. */
  scan(shape: FormatShape, body: Buffer, start: number, end: number): boolean {
    if (!this.#isUsable || end - start > this.properties.eventBytesMax) return false;
    if (end - start > this.#limits.eventBytesMax) return false;
    this.starts.fill(-1);
    this.seen = 0;
    this.filled = 0;
    this.properties.begin(body, end, shape.flatProperties);
    this.#shape = shape;
    this.#body = body;
    this.#end = end;
    this.#keys = 0;
    let at = this.#skipSpace(start);
    if (this.#byte(at) !== open) return false;
    at = this.#object(at + 1, shape.keys, shape.flatProperties);
    return at !== -1 && this.#skipSpace(at) === end && this.#keys <= this.#limits.keysMax;
  }

  /** @returns the position after the closing bracket, or -1. */
  #object(start: number, keys: ObjectKeys, flatProperties: boolean): number {
    const body = this.#body;
    const end = this.#end;
    let at = this.#skipSpace(start);
    if (this.#byte(at) === close) return at + 1;
    for (;;) {
      if (this.#byte(at) !== quote) return -1;
      const keyStart = ++at;
      let hash = 0;
      for (; at < end; at++) {
        const byte = body[at]!;
        if (byte === quote) break;
        if (byte === backslash || byte < 0x20) return -1;
        hash = hashStep(hash, byte);
      }
      const keyEnd = at;
      at = this.#afterColon(at + 1);
      if (at === -1) return -1;
      this.#keys++;
      if (flatProperties && isProperty(body, keyStart, keyEnd)) {
        const name = keyStart + 2;
        at = this.properties.add(name, keyEnd, hashOf(body, name, keyEnd), at);
      } else {
        const field = keys.find(body, keyStart, keyEnd, hash);
        if (field === undefined) return -1;
        at = this.#value(at, field);
      }
      if (at === -1) return -1;
      at = this.#skipSpace(at);
      const after = this.#byte(at++);
      if (after === close) return at;
      if (after !== comma) return -1;
      at = this.#skipSpace(at);
    }
  }

  #value(at: number, field: FieldShape): number {
    const bit = bitOf(field.slot);
    if ((this.seen & bit) !== 0) return -1;
    this.seen |= bit;
    const byte = this.#byte(at);
    if (byte === 0x6e) return this.#null(at);
    switch (field.kind) {
      case 'object':
        if (byte !== open) return -1;
        this.filled |= bit;
        return this.#object(at + 1, field.keys, false);
      case 'properties':
        return byte === open ? this.#properties(at + 1) : -1;
      case 'number':
        readNumber(this.#body, at, this.#end, this.#limits.numberLengthMax);
        if (found.end === -1 || found.isText) return -1;
        this.filled |= bit;
        this.numbers[field.slot] = found.value;
        return found.end;
      case 'time':
        if (byte !== quote) return this.#shape.numericTimes ? this.#digits(at, field.slot) : -1;
        return this.#text(at + 1, field);
      default:
        return byte === quote ? this.#text(at + 1, field) : -1;
    }
  }

  /** A text without escapes. An empty one is as good as none, except as an id. */
  #text(start: number, { kind, slot: of }: FieldShape): number {
    const body = this.#body;
    const end = this.#end;
    let at = start;
    for (; at < end; at++) {
      const byte = body[at]!;
      if (byte === quote) break;
      if (byte === backslash || byte < 0x20) return -1;
    }
    const length = at - start;
    if (at >= end || length > textBytesMax) return -1;
    if (length === 0) return kind === 'uuid' ? -1 : at + 1;
    if (kind === 'text' && !(isPlain(body[start]!) && isPlain(body[at - 1]!))) return -1;
    this.starts[of] = start;
    this.ends[of] = at;
    return at + 1;
  }

  /** Milliseconds: a JSON number of up to 15 digits and nothing else. */
  #digits(start: number, of: number): number {
    let at = start;
    while (isDigit(this.#byte(at))) at++;
    const length = at - start;
    const after = this.#byte(at);
    if (length === 0 || length > 15 || after === 0x2e || (after | 0x20) === 0x65) return -1;
    if (length > 1 && this.#byte(start) === 0x30) return -1;
    this.starts[of] = start;
    this.ends[of] = at;
    return at;
  }

  #properties(start: number): number {
    const body = this.#body;
    const end = this.#end;
    let at = this.#skipSpace(start);
    if (this.#byte(at) === close) return at + 1;
    for (;;) {
      if (this.#byte(at) !== quote) return -1;
      const keyStart = ++at;
      let hash = 0;
      for (; at < end; at++) {
        const byte = body[at]!;
        if (byte === quote) break;
        if (byte === backslash || byte < 0x20) return -1;
        hash = hashStep(hash, byte);
      }
      const keyEnd = at;
      at = this.#afterColon(at + 1);
      if (at === -1) return -1;
      this.#keys++;
      at = this.properties.add(keyStart, keyEnd, hash, at);
      if (at === -1) return -1;
      at = this.#skipSpace(at);
      const after = this.#byte(at++);
      if (after === close) return at;
      if (after !== comma) return -1;
      at = this.#skipSpace(at);
    }
  }

  #null(at: number): number {
    const body = this.#body;
    const isNull =
      at + 4 <= this.#end && body[at + 1] === 0x75 && body[at + 2] === 0x6c && body[at + 3] === 0x6c;
    return isNull ? at + 4 : -1;
  }

  /** The position of the value, or -1. */
  #afterColon(start: number): number {
    const at = this.#skipSpace(start);
    return this.#byte(at) === colon ? this.#skipSpace(at + 1) : -1;
  }

  #skipSpace(start: number): number {
    const body = this.#body;
    const end = this.#end;
    let at = start;
    while (at < end && isSpace(body[at]!)) at++;
    return at;
  }

  /** 0 behind the end, which is no byte of JSON. */
  #byte(at: number): number {
    return at < this.#end ? this.#body[at]! : 0;
  }
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isProperty(body: Uint8Array, start: number, end: number): boolean {
  return end - start >= 2 && body[start] === 0x70 && body[start + 1] === 0x5f;
}

/** Nothing that trimming could take away, in any alphabet. */
function isPlain(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}
